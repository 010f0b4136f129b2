"""The hall of the house: configuration, records, the web application and the command line."""
