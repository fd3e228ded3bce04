"""parquetry and what people use instead, side by side: one server, one run, whole processes (`make bench`)."""
