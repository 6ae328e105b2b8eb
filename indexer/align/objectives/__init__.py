"""What training can minimise: one objective a file, found by name in `base.OBJECTIVES`."""
