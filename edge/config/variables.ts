/**
 * `${NAME}` in configuration lines: replaced while reading, before words are split, first by what Define (or -D) says,
 * then by the process environment. What neither knows stays as written, with httpd's warning AH00111. A name with a
 * colon belongs to RewriteMap and is left alone. A value is not looked through again.
 *
 * Source: httpd 2.4 manual, "Configuration Files", "Using variables"; core, "Define".
 */
export class Variables {
  readonly #defines = new Map<string, string>();
  readonly #environment: NodeJS.ProcessEnv;

  constructor(names: readonly string[], environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
    for (const name of names) this.#defines.set(name, '');
  }

  define(name: string, value: string): void {
    this.#defines.set(name, value);
  }

  undefine(name: string): void {
    this.#defines.delete(name);
  }

  isDefined(name: string): boolean {
    return this.#defines.has(name);
  }

  /** Names in the order they were defined. */
  all(): Record<string, string> {
    return Object.fromEntries(this.#defines);
  }

  /**
   * text      a logical line
   * onUnknown is told each name that has no value
   */
  expand(text: string, onUnknown: (name: string) => void): string {
    if (!text.includes('${')) return text;
    return text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => {
      if (name.includes(':')) return whole;
      const value = this.#defines.get(name) ?? this.#environment[name];
      if (value === undefined) onUnknown(name);
      return value ?? whole;
    });
  }
}
