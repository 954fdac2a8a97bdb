/** Makes the compiler prove that a `switch` over a union is complete; throws if data at run time is outside of it. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
