BASE_TAG = "ÿ"
