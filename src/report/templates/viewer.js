// One frame at a time where the page would else show all of a clip's frames side by side.
for (const film of document.querySelectorAll('.film')) {
  const numbers = film.dataset.frames.split(' ');
  const picture = film.querySelector('.strip svg');
  const slider = film.querySelector('input');
  const said = film.querySelector('output');
  const play = film.querySelector('.play');
  const width = picture.viewBox.baseVal.width / numbers.length;
  const height = picture.viewBox.baseVal.height;
  let timer = 0;
  const show = () => {
    const at = Number(slider.value);
    picture.setAttribute('viewBox', [at * width, 0, width, height].join(' '));
    const number = numbers[at] === '' ? 'black' : 'frame ' + numbers[at];
    said.textContent = number + ' (' + (at + 1) + ' of ' + numbers.length + ')';
    slider.setAttribute('aria-valuetext', said.textContent);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = 'Play';
    said.setAttribute('aria-live', 'polite');
  };
  play.addEventListener('click', () => {
    if (timer) return stop();
    play.textContent = 'Stop';
    said.setAttribute('aria-live', 'off');
    timer = setInterval(() => {
      slider.value = (Number(slider.value) + 1) % numbers.length;
      show();
    }, 150);
  });
  slider.addEventListener('input', () => { stop(); show(); });
  film.querySelector('.strip').removeAttribute('tabindex');
  // Whoever wants less motion goes by the slider.
  play.hidden = numbers.length === 1 || matchMedia('(prefers-reduced-motion: reduce)').matches;
  film.querySelector('.scrub').hidden = numbers.length === 1;
  slider.value = film.dataset.start;
  film.classList.add('live');
  picture.removeAttribute('width');
  picture.removeAttribute('height');
  show();
}
