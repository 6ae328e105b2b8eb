"""Is an index whole after a process that writes to it is killed at any instant?"""
