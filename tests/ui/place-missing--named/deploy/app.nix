{
  image = "acme/app";
  tag = "v1.2.0";
}
