<<<<<<< HEAD
TAG = "v1.0.0"
=======
TAG = "v0.9.0"
>>>>>>> other
