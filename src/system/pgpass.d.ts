declare module 'pgpass' {
  /** Looks a password up in the password file; `undefined` when there is none. */
  // biome-ignore lint/style/noDefaultExport: this is how the package exports it
  export default function pgpass(
    connection: { readonly host: string; readonly port: number; readonly database: string; readonly user: string },
    done: (password: string | undefined) => void,
  ): void;
}
