/** Major versions of Postgres that the facts were measured on, and that embedded servers come in. */
export const SERVER_VERSIONS = [14, 15, 16, 17, 18] as const;
export type ServerVersion = (typeof SERVER_VERSIONS)[number];
