// GitHub's fenced formulas (```math) become what the template hands to MathJax, as it does with formulas between dollars.
export default {
  start() {
    for (const code of document.querySelectorAll('pre > code.lang-math')) {
      const formula = document.createElement('div')
      formula.className = 'math'
      formula.textContent = `\\[${code.textContent}\\]`
      code.parentElement.replaceWith(formula)
    }
  }
}
