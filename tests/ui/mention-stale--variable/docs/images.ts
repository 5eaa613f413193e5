const tag = process.env.TAG ?? "v1.2.0";
export const image = `acme/app:${tag}`;
