// Runs before first paint so that a dark console never flashes white.
(function () {
  var theme = null
  try { theme = localStorage.getItem('zw.theme') } catch (e) { /* storage may be blocked */ }
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  if (dark) document.documentElement.classList.add('dark')
})()
