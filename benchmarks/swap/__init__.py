"""What does a new generation cost those who are asking?"""
