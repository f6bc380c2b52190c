/** A pattern, and the name of its group. */
export interface Rule {
  method: string | undefined;
  pattern: RegExp;
  name: string;
}

/**
 * Reads rules such as `/=home GET:/p/*=product /blog/**=blog`, separated by white space: `*` is any text within one
 * path segment, `**` any rest. A rule without a name or a pattern is ignored.
 */
export function readRules(text: string | undefined): Rule[] {
  const rules: Rule[] = [];
  for (const rule of (text || '').split(/\s+/)) {
    const parts = /^(?:([A-Z]+):)?(.+)=(.+)$/.exec(rule);
    if (parts) {
      const pattern = parts[2]!.replace(/\*+|[^\w/]/g, (found) =>
        found === '*' ? '[^/]*' : found[0] === '*' ? '.*' : '\\' + found);
      rules.push({ method: parts[1], pattern: new RegExp(`^${pattern}/?$`), name: parts[3]! });
    }
  }
  return rules;
}

/** The name of the first rule that fits. */
export function findRule(rules: Rule[], path: string, method?: string): string | undefined {
  return rules.find((rule) => (!rule.method || rule.method === method) && rule.pattern.test(path))?.name;
}
