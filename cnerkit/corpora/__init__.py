"""Files and sentences: readers and writers, the catalogue of named datasets, verified download."""
