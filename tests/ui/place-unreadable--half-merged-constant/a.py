TAG = "v1.4.0"


def f():
<<<<<<< HEAD
    return 1
=======
    return 2
>>>>>>> feature
