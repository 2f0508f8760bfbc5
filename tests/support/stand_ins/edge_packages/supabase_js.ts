// deno-lint-ignore-file no-explicit-any
const ROWS: Record<string, any[]> = {
  shelves: [
    { user_id: "ana", book_id: 1, private_notes: "loved it" },
    { user_id: "bo", book_id: 2, private_notes: "a gift for Ana" },
  ],
  profiles: [{ email: "ana@pagepal.invalid", display_name: "Ana" }],
};

export function createClient(_address: string, _key: string, options: any = {}): any {
  return {
    auth: {
      async getUser(token?: string) {
        const found = await (globalThis as any).claims(token ?? options.global?.headers?.Authorization ?? null);
        return { data: { user: found?.sub ? { id: found.sub } : null }, error: null };
      },
      admin: { deleteUser: (id: string) => ({ error: (globalThis as any).deleted.push(id) ? null : null }) },
    },
    from(table: string) {
      const asked = {
        rows: ROWS[table] ?? [],
        select: () => asked,
        delete: () => asked,
        update: () => asked,
        eq(column: string, value: unknown) {
          asked.rows = asked.rows.filter((row) => row[column] === value);
          return asked;
        },
        then: (done: (answer: unknown) => void) => done({ data: asked.rows, error: null }),
      };
      return asked;
    },
  };
}
