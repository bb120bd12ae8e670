"""`poplin doctor`: is everything there that a fabric needs, and does it do what it promises?"""
