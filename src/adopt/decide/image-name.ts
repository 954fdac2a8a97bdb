/** `registry.example:5000/shop/api:1.4@sha256:…` in its parts; everything but the path may be missing. */
export interface ImageName {
  /** With the registry and without tag and digest, as in `registry.example:5000/shop/api`. */
  readonly repository: string;
  /** All but the last part of the repository; empty where there is only one. */
  readonly owner: string;
  /** The last part, as in `api`. */
  readonly name: string;
  readonly tag?: string;
  readonly digest?: string;
}

export function parseImageName(text: string): ImageName {
  const [named = '', digest] = text.split('@');
  const slash = named.lastIndexOf('/');
  const colon = named.indexOf(':', slash + 1);
  const repository = colon === -1 ? named : named.slice(0, colon);
  return {
    repository,
    owner: repository.slice(0, Math.max(0, slash)),
    name: repository.slice(slash + 1),
    ...(colon === -1 ? {} : { tag: named.slice(colon + 1) }),
    ...(digest === undefined ? {} : { digest }),
  };
}
