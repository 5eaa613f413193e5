docker run acme/app:v1.2.0
