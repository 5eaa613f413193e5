TAG = "v1.4.0"
