impl A {
    const TAG: &str = "v1.2.0";
}
