// The types of what the fixture app imports, as far as it uses them.
declare const process: { env: Record<string, string | undefined> };
declare namespace JSX {
  interface Element {}
  interface ElementChildrenAttribute { children: unknown }
  interface Event { preventDefault(): void; target: { value: string } }
  interface Attributes { [name: string]: unknown; onSubmit?(event: Event): void; onChange?(event: Event): void; onBlur?(event: Event): void }
  interface IntrinsicElements { [name: string]: Attributes }
  interface IntrinsicAttributes { key?: string }
}
declare module "next" {
  export interface NextConfig { [option: string]: unknown }
  export interface Metadata { title?: string; description?: string }
}
declare module "next/server" {
  export class NextResponse<Body = unknown> extends Response {
    static json<T>(body: T, init?: ResponseInit): NextResponse<T>;
  }
}
declare module "next/headers" { export function headers(): Promise<Headers>; }
declare module "next/cache" { export function revalidatePath(path: string): void; }
declare module "next/navigation" { export function redirect(path: string): never; }
declare module "next/link" { export default function Link(props: { href: string; children?: unknown }): JSX.Element; }
declare module "next-auth" {
  interface Session { user?: { name?: string | null; email?: string | null } }
  type Handler = (request: Request) => Promise<Response>;
  export default function NextAuth(options: { adapter: unknown; providers: unknown[] }): {
    handlers: { GET: Handler; POST: Handler };
    auth: () => Promise<Session | null>;
    signIn: (provider?: string, options?: { redirectTo: string }) => Promise<void>;
    signOut: () => Promise<void>;
  };
}
declare module "next-auth/providers/github" { const provider: unknown; export default provider; }
declare module "@auth/prisma-adapter" { export function PrismaAdapter(client: import("@prisma/client").PrismaClient): unknown; }
declare module "@prisma/client" {
  interface Project { id: string; name: string; archived: boolean }
  interface Where { id: string; owner?: { email: string } }
  interface Query { where?: Partial<Project>; orderBy?: Record<string, "asc" | "desc"> }
  export class PrismaClient {
    project: {
      create(query: { data: Record<string, unknown> }): Promise<Project>;
      update(query: { where: Where; data: Record<string, unknown> }): Promise<Project>;
      delete(query: { where: Where }): Promise<Project>;
      findMany(query: Query): Promise<Project[]>;
    };
    customer: { findMany(query: Query): Promise<{ id: string; name: string; email: string }[]> };
  }
}
declare module "@supabase/supabase-js" {
  interface Answer<T> { data: T | null; error: Error | null }
  export function createClient(address: string, key: string): {
    storage: { from(bucket: string): { createSignedUrl(path: string, seconds: number): Promise<Answer<{ signedUrl: string }>> } };
    from(table: string): { select(columns: string): Promise<Answer<any[]>> };
  };
}
declare module "@ai-sdk/openai" { export function openai(model: string): { model: string }; }
declare module "ai" {
  export function streamText(options: { model: { model: string }; system?: string; messages: unknown; maxTokens?: number }): { toDataStreamResponse(): Response };
}
declare module "zod" {
  interface Rule { min(length: number): Rule; optional(): Rule }
  export const z: {
    string(): Rule;
    number(): Rule;
    object(rules: Record<string, Rule>): {
      safeParse(value: unknown): { success: true; data: Record<string, unknown>; error?: undefined } | { success: false; error: { flatten(): unknown }; data?: undefined };
    };
  };
}
declare module "stripe" {
  namespace Stripe { interface Event { type: string; data: { object: { client_reference_id: string | null } } } }
  class Stripe {
    constructor(key: string);
    webhooks: { constructEvent(body: string, signature: string, secret: string): Stripe.Event };
  }
  export default Stripe;
}
declare module "react" {
  export function useState<T>(first: T): [T, (next: T) => void];
  export function useEffect(effect: () => void, inputs: unknown[]): void;
  export function useTransition(): [boolean, (work: () => void) => void];
  export type ReactNode = unknown;
}
