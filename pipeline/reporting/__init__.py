"""Tables, figures and the page of a study: functions of tidy frames; one function writes files."""
