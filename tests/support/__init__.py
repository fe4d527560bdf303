"""What is no test: courses, galleries, machines and readers that tests share."""
