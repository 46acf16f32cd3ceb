"""What a study is: its keys and their checks, the plan it registers, the claims it tests."""
