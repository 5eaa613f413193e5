from setuptools import setup

setup(classifiers=["Programming Language :: Python :: 3.12"])
