// Shows what is new by itself, while the box is ticked and nobody is in a field.
const box = document.querySelector('#live')
box.checked = sessionStorage.getItem('live') === 'on'
box.closest('label').hidden = false
box.addEventListener('change', () => sessionStorage.setItem('live', box.checked ? 'on' : ''))

// What changes: everything below the search, and the clock.
const parts = (doc) => [...doc.querySelectorAll('main > :not(.search):not(.info)')]

async function refresh() {
  const inField = document.activeElement?.matches('input:not(#live), select')
  if (!box.checked || document.hidden || inField || !getSelection().isCollapsed) return
  const answer = await fetch(location.href)
  if (!answer.ok) return
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const [old, now] = [parts(document), parts(page)]
  if (old.length !== now.length) return location.reload()
  old.forEach((part, i) => {
    for (const open of part.querySelectorAll('details[open]')) now[i].querySelector('#' + open.id)?.setAttribute('open', '')
    if (part.outerHTML !== now[i].outerHTML) part.replaceWith(document.adoptNode(now[i]))
  })
}
setInterval(() => refresh().catch(() => {}), 2000)
