"""What every face says to people, in Korean and English."""
