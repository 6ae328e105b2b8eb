"""What an index is (contract half) and how one is made (write half)."""
