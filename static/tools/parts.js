// Small pieces of what stands beside the frame.

const make = (tag, className = '', text = '') => {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

const shown = (value) => Number.isFinite(value) ? String(Number(value.toPrecision(6))) : ''

function number(value, label, onChange) {
  const input = make('input')
  input.type = 'number'
  input.step = 'any'
  input.value = input.defaultValue = shown(value)
  input.setAttribute('aria-label', label)
  input.onchange = () => {
    input.defaultValue = input.value
    onChange(input.value === '' ? NaN : Number(input.value))
  }
  return input
}

function section(title) {
  const part = make('section')
  part.append(make('h2', '', title))
  return part
}

function button(label, title, onClick, className = '') {
  const one = make('button', className, label)
  one.type = 'button'
  one.title = title
  one.onclick = onClick
  return one
}

// Buttons of which one is chosen.
function modes(label, options, chosen, onChoose) {
  const row = make('div', 'modes')
  row.setAttribute('role', 'group')
  row.setAttribute('aria-label', label)
  for (const [value, text, hint] of options) {
    const one = button(text, hint, () => onChoose(value), value === chosen ? 'chosen' : '')
    one.setAttribute('aria-pressed', String(value === chosen))
    row.append(one)
  }
  return row
}

function choice(label, options, value, onChange) {
  const field = make('label', 'field', `${label} `), select = make('select')
  for (const [one, text] of options) select.append(new Option(text, one, false, one === value))
  select.onchange = () => onChange(select.value)
  field.append(select)
  return field
}

function check(label, value, onChange) {
  const field = make('label', 'field check'), input = make('input')
  input.type = 'checkbox'
  input.checked = value
  input.onchange = () => onChange(input.checked)
  field.append(input, document.createTextNode(label))
  return field
}

// Draw a part anew, but not under the hands of somebody who is typing into it: then when that is over.
function drawn(part, make) {
  const draw = () => {
    const typing = part.getRootNode().activeElement
    if (typing?.tagName === 'INPUT' && part.contains(typing) && typing.value !== typing.defaultValue && typing.type !== 'checkbox' && typing.type !== 'radio') {
      typing.addEventListener('blur', draw, {once: true})
    } else part.replaceChildren(...make())
  }
  return draw
}
