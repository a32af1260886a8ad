/**
 * A command with its arguments in one text, as httpd takes it apart for programs that no shell starts: blanks separate,
 * quotes of either kind hold together, a backslash takes the next character as it is.
 * Source: httpd 2.4, mod_log_config "Piped Logs"; apr_tokenize_to_argv as observed. Pure.
 */
export function commandLine(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let hasWord = false;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\' && at + 1 < text.length) {
      at += 1;
      word += text.charAt(at);
      hasWord = true;
    } else if (quote !== '' ? char === quote : char === '"' || char === "'") {
      quote = quote === '' ? char : '';
      hasWord = true;
    } else if (quote === '' && /\s/.test(char)) {
      if (hasWord) words.push(word);
      word = '';
      hasWord = false;
    } else {
      word += char;
      hasWord = true;
    }
  }
  if (hasWord) words.push(word);
  return words;
}
