/** What is used of the service's own connection; `pg`'s `Client` fits. One query at a time. */
export interface SqlClient {
  query(sql: string, values?: unknown[]): Promise<SqlResult>;
}

export interface SqlResult {
  readonly rows: readonly unknown[];
  readonly rowCount: number | null;
}

/** A connection of its own, to the server itself and not through a pooler. It is closed at the end. */
export interface DatabaseClient extends SqlClient {
  end(): Promise<void>;
}

/** BEGIN, `work`, COMMIT; ROLLBACK when it throws. */
export async function inTransaction<T>(
  client: SqlClient,
  settings: { readonly begin: string; readonly statementTimeoutMs: number; readonly lockTimeoutMs: number },
  work: () => Promise<T>,
): Promise<T> {
  await client.query(settings.begin);
  try {
    await client.query(
      `set local statement_timeout = ${settings.statementTimeoutMs}; set local lock_timeout = ${settings.lockTimeoutMs}`,
    );
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // The first error is the one to tell; a connection that is gone has rolled back by itself.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

/** The rows of a query whose columns are known. */
export async function queryRows<Row extends object>(
  client: SqlClient,
  sql: string,
  values: unknown[] = [],
): Promise<readonly Row[]> {
  const { rows } = await client.query(sql, values);
  return rows as readonly Row[];
}
