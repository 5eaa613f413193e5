export const image = process.env.IMG ?? "ghcr.io/acme/app:3.12-v1.2.0";
