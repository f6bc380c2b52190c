/* uPlot formats numbers by navigator.language when it loads, and fails if that is not a language tag: a browser
 * started with the locale C says "C". Import this module before uPlot. */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en' });
}
