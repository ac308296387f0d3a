"""What people see: the pages, their words, styles and modules."""
