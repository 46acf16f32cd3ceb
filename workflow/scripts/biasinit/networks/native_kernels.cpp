// Hidden layers of stacked members on one thread, by explicit vectors: a convolution, batch
// normalisation, what is added from beside, ReLU and a 2 x 2 maximum, forwards and backwards.
//
// Letters: M members, B images of each, H x W pixels, C input and N output channels, k the
// (odd) kernel size, s the stride. Arrays are dense and channels-last; a member never reads
// what belongs to another, so its bits do not depend on how many members there are.
//
// Patches are never copied: in a padded image the window of a pixel is k runs of k*C numbers.
// A tile keeps its sums in registers. What follows a product is done chunk by chunk while its
// sums are in the cache; batch normalisation waits for the whole batch, and its statistics are
// merged from those of chunks (Chan, Golub and LeVeque 1983, equation 1.5).
//
// Activations are stored as A: float, double, or bfloat16 with sums of float. An *element* is
// what one step of a product takes: a number, or a pair of bfloat16 that are multiplied and
// added at once (one instruction where the processor has it).

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>
#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64, SUMS = 24;  // of 32 registers
#else
constexpr int VECTOR_BYTES = 32, SUMS = 12;  // of 16 registers
#endif
constexpr int ROWS = VECTOR_BYTES == 64 ? 8 : 4;  // pixels of a tile of a product, or half of them
constexpr int64_t CHUNK = 128;    // pixels that are finished while their sums are in the cache
constexpr int64_t VISIT = 256;    // pixels that one visit to a tile of weight gradients covers

struct bfloat16 {
  uint16_t bits;
};
template <typename A>
struct Types {
  using Sum = A;
  using Element = A;
  static constexpr int64_t SIZE = 1;  // numbers in an element
};
template <>
struct Types<bfloat16> {
  using Sum = float;
  using Element = uint32_t;
  static constexpr int64_t SIZE = 2;
};
template <typename A>
using SumOf = typename Types<A>::Sum;
template <typename A>
using ElementOf = typename Types<A>::Element;

// Sums stay in registers only where the loops over them are gone.
#define UNROLLED _Pragma("GCC unroll 32")

template <typename T>
using Vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias)) = T;
template <typename T>
constexpr int64_t LANES = VECTOR_BYTES / sizeof(T);
template <typename T>
using Bytes __attribute__((vector_size(LANES<T>), aligned(1), may_alias)) = uint8_t;
using Halves __attribute__((vector_size(VECTOR_BYTES / 2), aligned(2), may_alias)) = uint16_t;

template <typename T>
int64_t whole_vectors(int64_t count) { return (count + LANES<T> - 1) / LANES<T> * LANES<T>; }

// Vectors of sums from memory and back; of the last, `count` numbers.
template <typename T>
inline Vector<T> load(const T* from) { return *reinterpret_cast<const Vector<T>*>(from); }
inline Vector<float> load(const bfloat16* from) {
  const Vector<uint32_t> wide =
      __builtin_convertvector(*reinterpret_cast<const Halves*>(from), Vector<uint32_t>);
  return reinterpret_cast<const Vector<float>&>(static_cast<const Vector<uint32_t>&>(wide << 16));
}
template <typename T, typename V>
inline void store(T* to, const V& value) { *reinterpret_cast<Vector<T>*>(to) = value; }
inline void store(bfloat16* to, const Vector<float>& value) {
#if defined(__AVX512BF16__)
  const __m256bh rounded = _mm512_cvtneps_pbh(reinterpret_cast<const __m512&>(value));
  std::memcpy(to, &rounded, sizeof(rounded));
#else
  const Vector<uint32_t> bits = reinterpret_cast<const Vector<uint32_t>&>(value);
  Vector<uint32_t> rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;  // to nearest, ties to even
  rounded = value != value ? (bits >> 16) | 0x40 : rounded;
  *reinterpret_cast<Halves*>(to) = __builtin_convertvector(rounded, Halves);
#endif
}
template <typename A>
inline Vector<SumOf<A>> load_part(const A* from, int64_t count) {
  A whole[LANES<SumOf<A>>] = {};
  std::memcpy(whole, from, count * sizeof(A));
  return load(static_cast<const A*>(whole));
}
template <typename A, typename V>
inline void store_part(A* to, const V& value, int64_t count) {
  A whole[LANES<SumOf<A>>];
  store(static_cast<A*>(whole), value);
  std::memcpy(to, whole, count * sizeof(A));
}

// A vector of channels from `first` on, of `count` in all; whether it is WHOLE is known while
// compiling, for loops over pixels have no room for the question.
template <bool WHOLE>
struct Channels {
  int64_t first, count;

  template <typename A>
  Vector<SumOf<A>> from(const A* pixel) const {
    if constexpr (WHOLE) return load(pixel + first);
    return load_part(pixel + first, count - first);
  }
  template <typename A, typename V>
  void to(A* pixel, const V& value) const {
    if constexpr (WHOLE) return store(pixel + first, value);
    store_part(pixel + first, value, count - first);
  }
  template <typename S>
  Bytes<S> bytes(const uint8_t* pixel) const {
    if constexpr (WHOLE) return *reinterpret_cast<const Bytes<S>*>(pixel + first);
    Bytes<S> found = {};
    std::memcpy(&found, pixel + first, count - first);
    return found;
  }
  template <typename B>
  void put(uint8_t* pixel, const B& value) const {
    std::memcpy(pixel + first, &value, WHOLE ? sizeof(B) : count - first);
  }
};
template <typename S, typename Use>
inline void each_vector(int64_t count, const Use& use) {
  int64_t c = 0;
  for (; c + LANES<S> <= count; c += LANES<S>) use(Channels<true>{c, count});
  if (c < count) use(Channels<false>{c, count});
}
template <int I>
using Slot = std::integral_constant<int, I>;  // one of four sums that wait for each other less

template <typename V, typename T>
inline void multiply_add(V& sum, const V& left, T right) { sum += right * left; }
inline void multiply_add(Vector<float>& sum, const Vector<uint32_t>& left, uint32_t right) {
#if defined(__AVX512BF16__)
  reinterpret_cast<__m512&>(sum) =
      _mm512_dpbf16_ps(reinterpret_cast<__m512&>(sum), reinterpret_cast<const __m512bh&>(left),
                       (__m512bh)_mm512_set1_epi32(right));
#else
  const auto number = [](const Vector<uint32_t>& bits) {
    return reinterpret_cast<const Vector<float>&>(bits);
  };
  const Vector<uint32_t> pairs = Vector<uint32_t>{} + right;
  sum += number(left << 16) * number(pairs << 16);
  sum += number(left & 0xffff0000u) * number(pairs & 0xffff0000u);
#endif
}

// Where the windows of pixels begin in padded images that follow each other, and where a result
// goes. A window is `down` runs, each of `run` elements.
struct Windows {
  int64_t down, run, row;  // row: elements between two runs
  std::vector<int64_t> from, to;
  bool regular = true;  // the second ROWS of twice as many pixels lie as the first do

  void add(int64_t begin, int64_t end) {
    from.push_back(begin);
    to.push_back(end);
  }
  void check() {
    for (size_t p = 0; p + 2 * ROWS <= from.size(); p += ROWS)
      for (int r = 1; r < ROWS; r++)
        regular &= from[p + ROWS + r] - from[p + ROWS] == from[p + r] - from[p];
  }
};

// sum[r] = bias + sum over the window of x[r] times w, for R pixels (and R more, `far` away),
// V vectors of channels.
template <typename E, typename S, int R, int V, int TIMES>
inline void product_tile(const E* const* x, int64_t far, const Windows& at, const E* w,
                         int64_t width, const S* bias, S* const* y) {
  Vector<S> sum[TIMES][R][V];
  UNROLLED
  for (int t = 0; t < TIMES; t++)
    UNROLLED
    for (int r = 0; r < R; r++)
      UNROLLED
      for (int v = 0; v < V; v++) sum[t][r][v] = load(bias + v * LANES<S>);
  for (int64_t i = 0; i < at.down; i++)
    for (int64_t q = i * at.row, beyond = q + at.run; q < beyond; q++, w += width) {
      Vector<E> weight[V];
      UNROLLED
      for (int v = 0; v < V; v++) weight[v] = *reinterpret_cast<const Vector<E>*>(w + v * LANES<S>);
      UNROLLED
      for (int t = 0; t < TIMES; t++)
        UNROLLED
        for (int r = 0; r < R; r++)
          UNROLLED
          for (int v = 0; v < V; v++) multiply_add(sum[t][r][v], weight[v], x[r][q + t * far]);
    }
  UNROLLED
  for (int t = 0; t < TIMES; t++)
    UNROLLED
    for (int r = 0; r < R; r++)
      UNROLLED
      for (int v = 0; v < V; v++) store(y[t * R + r] + v * LANES<S>, sum[t][r][v]);
}

template <typename E, typename S, int V>
void product_columns(const Windows& at, int64_t first, int64_t beyond, const E* x, const E* w,
                     int64_t width, const S* bias, S* y, int64_t origin) {
  const E* from[ROWS];
  S* to[2 * ROWS];
  constexpr int TIMES = V == 1 ? 2 : 1;  // one vector of channels leaves registers for more pixels
  int64_t p = first;
  const auto place = [&](int count) {
    for (int r = 0; r < count; r++) {
      if (r < ROWS) from[r] = x + at.from[p + r];
      to[r] = y + (at.to[p + r] - origin) * width;
    }
  };
  if (TIMES == 1 || at.regular)
    for (; p + TIMES * ROWS <= beyond; p += TIMES * ROWS) {
      place(TIMES * ROWS);
      const int64_t far = at.from[p + (TIMES - 1) * ROWS] - at.from[p];
      product_tile<E, S, ROWS, V, TIMES>(from, far, at, w, width, bias, to);
    }
  for (; p + ROWS <= beyond; p += ROWS) {
    place(ROWS);
    product_tile<E, S, ROWS, V, 1>(from, 0, at, w, width, bias, to);
  }
  for (; p < beyond; p++) {
    place(1);
    product_tile<E, S, 1, V, 1>(from, 0, at, w, width, bias, to);
  }
}

// y[to - origin] = bias + window of the padded x times w (elements of a window, width), for some
// pixels; width is a whole number of vectors.
template <typename E, typename S>
void product(const Windows& at, int64_t first, int64_t beyond, const E* x, const E* w,
             int64_t width, const S* bias, S* y, int64_t origin) {
  int64_t n = 0;
  for (; n + 2 * LANES<S> <= width; n += 2 * LANES<S>)
    product_columns<E, S, 2>(at, first, beyond, x, w + n, width, bias + n, y + n, origin);
  for (; n < width; n += LANES<S>)
    product_columns<E, S, 1>(at, first, beyond, x, w + n, width, bias + n, y + n, origin);
}

// sums[d, r] += sum over pixels of x[from + d * row + r] * dy[pixel], for R rows of the weight in
// each of D runs.
template <typename E, typename S, int D, int R, int V>
void weight_tile(const E* x, int64_t row, const int64_t* from, const int64_t* of_gradient,
                 int64_t count, const E* dy, int64_t width, S* sums, int64_t run) {
  Vector<S> sum[D][R][V];
  UNROLLED
  for (int d = 0; d < D; d++)
    UNROLLED
    for (int r = 0; r < R; r++)
      UNROLLED
      for (int v = 0; v < V; v++) sum[d][r][v] = load(sums + (d * run + r) * width + v * LANES<S>);
  for (int64_t p = 0; p < count; p++) {
    Vector<E> gradient[V];
    UNROLLED
    for (int v = 0; v < V; v++)
      gradient[v] = *reinterpret_cast<const Vector<E>*>(dy + of_gradient[p] + v * LANES<S>);
    UNROLLED
    for (int d = 0; d < D; d++) {
      const E* at = x + from[p] + d * row;
      UNROLLED
      for (int r = 0; r < R; r++)
        UNROLLED
        for (int v = 0; v < V; v++) multiply_add(sum[d][r][v], gradient[v], at[r]);
    }
  }
  UNROLLED
  for (int d = 0; d < D; d++)
    UNROLLED
    for (int r = 0; r < R; r++)
      UNROLLED
      for (int v = 0; v < V; v++) store(sums + (d * run + r) * width + v * LANES<S>, sum[d][r][v]);
}

template <typename E, typename S, int R, int V, typename... Arguments>
void weight_rows(int64_t rows, Arguments... arguments) {
  if (rows == R) return weight_tile<E, S, 1, R, V>(arguments...);
  if constexpr (R > 1) weight_rows<E, S, R - 1, V>(rows, arguments...);
}

template <typename E, typename S, int V>
void weight_columns(const Windows& at, const std::vector<int64_t>& of_gradient, int64_t count,
                    const E* x, const E* dy, int64_t width, S* sums) {
  constexpr int MOST = SUMS / V;
  const int64_t tiles = (at.run + MOST - 1) / MOST;
  for (int64_t first = 0; first < count; first += VISIT) {
    const int64_t pixels = std::min(VISIT, count - first);
    const int64_t *from = &at.from[first], *to = &of_gradient[first];
    if constexpr (V == 1 && VECTOR_BYTES == 64) {
      if (at.down == 3 && at.run == 9) {  // of three colours: all at once, or sums are too few
        weight_tile<E, S, 3, 9, V>(x, at.row, from, to, pixels, dy, width, sums, at.run);
        continue;
      }
      if (at.down == 3 && at.run == 3) {  // of grey
        weight_tile<E, S, 3, 3, V>(x, at.row, from, to, pixels, dy, width, sums, at.run);
        continue;
      }
    }
    for (int64_t i = 0; i < at.down; i++)
      for (int64_t t = 0; t < tiles; t++) {
        const int64_t begin = t * at.run / tiles, rows = (t + 1) * at.run / tiles - begin;
        weight_rows<E, S, MOST, V>(rows, x + i * at.row + begin, at.row, from, to, pixels, dy,
                                   width, sums + (i * at.run + begin) * width, at.run);
      }
  }
}

// What is done with the sums of a chunk of rows: z = max(0, scale * v + shift + beside), or its
// maximum over 2 x 2 pixels. which: 0-3 the place of the (first) maximum, 4 where the ReLU is off.
template <typename S>
struct Finish {
  const S *scale, *shift;  // of the channels, whole vectors, or null
  bool relu, pool;
};

// v: values of rows x W pixels, `stride` apart; z: dense, N channels.
template <typename A, typename V>
void finish(const Finish<SumOf<A>>& how, const V* v, int64_t stride, const A* beside, A* z,
            uint8_t* which, int64_t rows, int64_t W, int64_t N) {
  using S = SumOf<A>;
  each_vector<S>(N, [&](auto channels) {
    const Vector<S> by = how.scale ? load(how.scale + channels.first) : Vector<S>{} + 1;
    const Vector<S> more = how.scale ? load(how.shift + channels.first) : Vector<S>{};
    if (!how.pool) {
      const Vector<S> least = how.relu ? Vector<S>{} : Vector<S>{} - INFINITY;
      for (int64_t p = 0; p < rows * W; p++) {
        Vector<S> value = channels.from(v + p * stride) * by + more;
        if (beside) value += channels.from(beside + p * N);
        channels.to(z + p * N, value <= least ? least : value);
      }
      return;
    }
    for (int64_t i = 0; i < rows / 2; i++)
      for (int64_t j = 0; j < W / 2; j++) {
        const V* corner = v + (2 * i * W + 2 * j) * stride;
        const V* window[4] = {corner, corner + stride, corner + W * stride,
                              corner + W * stride + stride};
        Vector<S> most = channels.from(window[0]) * by + more;
        auto place = (most != most) & 0;
        UNROLLED
        for (int at = 1; at < 4; at++) {
          const Vector<S> value = channels.from(window[at]) * by + more;
          const auto larger = (value > most) | (value != value);  // not-a-number spreads
          most = larger ? value : most;
          place = larger ? place * 0 + at : place;
        }
        const auto off = most <= Vector<S>{};
        const int64_t to = (i * (W / 2) + j) * N;
        channels.to(z + to, off ? Vector<S>{} : most);
        place = off ? place * 0 + 4 : place;
        channels.put(which + to, __builtin_convertvector(place, Bytes<S>));
      }
  });
}

template <typename S>
inline Vector<S> in_all(const Vector<S>* four) { return (four[0] + four[1]) + (four[2] + four[3]); }

// Mean and sum of squared deviations of each channel, merged from those of chunks.
template <typename A>
struct Moments {
  using S = SumOf<A>;
  int64_t count = 0, width;
  std::vector<S> mean, squares;

  explicit Moments(int64_t width) : width(width), mean(width), squares(width) {}
  void clear() {
    count = 0;
    std::fill(mean.begin(), mean.end(), S(0));
    std::fill(squares.begin(), squares.end(), S(0));
  }
  // Values are rounded to A in place, as they are stored.
  void add(const S* v, int64_t pixels) {
    const S before = count, now = pixels, share = now / (before + now);
    for (int64_t c = 0; c < width; c += LANES<S>) {
      Vector<S> sum[4] = {};
      int64_t p = 0;
      for (; p + 4 <= pixels; p += 4)
        for (int u = 0; u < 4; u++) sum[u] += load(v + (p + u) * width + c);
      for (; p < pixels; p++) sum[0] += load(v + p * width + c);
      const Vector<S> average = in_all<S>(sum) / now;
      Vector<S> square[4] = {};
      for (p = 0; p + 4 <= pixels; p += 4)
        for (int u = 0; u < 4; u++) {
          const Vector<S> off = load(v + (p + u) * width + c) - average;
          square[u] += off * off;
        }
      for (; p < pixels; p++) {
        const Vector<S> off = load(v + p * width + c) - average;
        square[0] += off * off;
      }
      const Vector<S> apart = average - load(&mean[c]);
      store(&mean[c], load(&mean[c]) + apart * share);
      store(&squares[c],
            load(&squares[c]) + in_all<S>(square) + apart * apart * (before * share));
    }
    count += pixels;
  }
};

// Sizes of a layer, and what follows from them.
template <typename A>
struct Layer {
  using S = SumOf<A>;
  using E = ElementOf<A>;
  static constexpr int64_t SIZE = Types<A>::SIZE;
  int64_t M, B, H, W, C, N, k, s;
  int64_t margin, rows, columns, area, width, input_width;

  Layer(int64_t M, int64_t B, int64_t H, int64_t W, int64_t C, int64_t N, int64_t k, int64_t s)
      : M(M), B(B), H(H), W(W), C(C), N(N), k(k), s(s), margin(k / 2), rows((H - 1) / s + 1),
        columns((W - 1) / s + 1), area(rows * columns), width(whole_vectors<S>(N)),
        input_width(whole_vectors<S>(C)) {}
  int64_t chunk() const {  // rows, an even number
    return std::max<int64_t>(2, (CHUNK / columns + 1) / 2 * 2);
  }
};

// Copies an image (H, W, C) into the middle of one with a margin, `channels` to a pixel. What is
// not written is zero already and stays so.
template <typename A>
void pad(const A* image, int64_t H, int64_t W, int64_t C, int64_t margin, int64_t channels, A* to) {
  const int64_t across = W + 2 * margin;
  for (int64_t h = 0; h < H; h++) {
    A* row = to + ((h + margin) * across + margin) * channels;
    if (channels == C) {
      std::memcpy(row, image + h * W * C, W * C * sizeof(A));
      continue;
    }
    for (int64_t w = 0; w < W; w++)
      for (int64_t c = 0; c < C; c++) row[w * channels + c] = image[(h * W + w) * C + c];
  }
}

// The weight as elements: numbers as they are, or pairs of rows.
template <typename S>
void pack(const S* w, int64_t rows, int64_t N, int64_t width, S* to) {
  for (int64_t row = 0; row < rows; row++)
    std::memcpy(to + row * width, w + row * N, N * sizeof(S));
}
inline void pack_row(const float* first, const float* second, int64_t N, uint32_t* to) {
  for (int64_t n = 0; n < N; n += LANES<float>) {
    bfloat16 low[LANES<float>], high[LANES<float>];
    const int64_t count = std::min(LANES<float>, N - n);
    store(static_cast<bfloat16*>(low), load_part(first + n, count));
    store(static_cast<bfloat16*>(high), second ? load_part(second + n, count) : Vector<float>{});
    const Vector<uint32_t> words =
        __builtin_convertvector(*reinterpret_cast<Halves*>(low), Vector<uint32_t>) |
        __builtin_convertvector(*reinterpret_cast<Halves*>(high), Vector<uint32_t>) << 16;
    std::memcpy(to + n, &words, count * sizeof(uint32_t));
  }
}

// Forwards, one member after another. Without scale nothing is normalised. With scale and without
// a mean that is given, the batch's own mean and variance are taken and returned, and y, what is
// normalised, is kept for the gradient.
template <typename A>
void forward(const Layer<A>& at, const A* x, int64_t member_stride, const SumOf<A>* w,
             const SumOf<A>* bias, const SumOf<A>* scale, const SumOf<A>* shift,
             const SumOf<A>* given_mean, const SumOf<A>* given_variance, const A* beside, A* z, A* y,
             SumOf<A>* mean, SumOf<A>* variance, uint8_t* which, bool relu, bool pool,
             double epsilon) {
  using S = SumOf<A>;
  using E = ElementOf<A>;
  const int64_t elements = (at.C + at.SIZE - 1) / at.SIZE, across = at.W + 2 * at.margin;
  const int64_t K = at.k * at.k * elements, out = pool ? (at.rows / 2) * (at.columns / 2) : at.area;
  Windows windows{at.k, at.k * elements, across * elements, {}, {}};
  for (int64_t h = 0; h < at.rows; h++)
    for (int64_t v = 0; v < at.columns; v++)
      windows.add((h * across + v) * at.s * elements, h * at.columns + v);
  windows.check();
  const bool packed = at.SIZE > 1 || at.width != at.N, learns = scale && !given_mean;
  const bool plain = !scale && !beside && !relu && !pool && at.width == at.N && at.SIZE == 1;
  const int64_t chunk = at.chunk();
  std::vector<A> padded((at.H + 2 * at.margin) * across * elements * at.SIZE);
  std::vector<E> weight(packed ? K * at.width : 0);
  std::vector<S> start(at.width), sums(chunk * at.columns * at.width), factor(at.width),
      offset(at.width);
  Moments<A> moments(at.width);
  for (int64_t m = 0; m < at.M; m++) {
    const S* w_m = w + m * at.k * at.k * at.C * at.N;
    if constexpr (at.SIZE == 1) {
      if (packed) pack(w_m, K, at.N, at.width, weight.data());
    } else {
      for (int64_t place = 0; place < at.k * at.k; place++)
        for (int64_t e = 0; e < elements; e++) {
          const S* row = w_m + (place * at.C + 2 * e) * at.N;
          pack_row(row, 2 * e + 1 < at.C ? row + at.N : nullptr, at.N,
                   &weight[(place * elements + e) * at.width]);
        }
    }
    const E* used = packed ? weight.data() : reinterpret_cast<const E*>(w_m);
    if (bias) std::copy_n(bias + m * at.N, at.N, start.data());
    const auto set_scale = [&](const S* means, const S* variances) {
      for (int64_t n = 0; n < at.N; n++) {
        factor[n] = scale[m * at.N + n] / std::sqrt(variances[n] + static_cast<S>(epsilon));
        offset[n] = (shift ? shift[m * at.N + n] : S(0)) - means[n] * factor[n];
      }
    };
    if (given_mean) set_scale(given_mean + m * at.N, given_variance + m * at.N);
    const Finish<S> how{scale ? factor.data() : nullptr, offset.data(), relu, pool};
    moments.clear();
    for (int64_t b = 0; b < at.B; b++) {
      const int64_t image = m * at.B + b;
      pad(x + m * member_stride + b * at.H * at.W * at.C, at.H, at.W, at.C, at.margin,
          elements * at.SIZE, padded.data());
      const E* from = reinterpret_cast<const E*>(padded.data());
      if (plain) {
        product(windows, 0, at.area, from, used, at.width, start.data(),
                reinterpret_cast<S*>(z + image * at.area * at.N), 0);
        continue;
      }
      for (int64_t row = 0; row < at.rows; row += chunk) {
        const int64_t count = std::min(chunk, at.rows - row), first = row * at.columns;
        const int64_t pixels = count * at.columns;
        product(windows, first, first + pixels, from, used, at.width, start.data(), sums.data(),
                first);
        const int64_t to = (image * at.area + first) * at.N;
        if (learns) {
          each_vector<S>(at.N, [&](auto channels) {
            for (int64_t p = 0; p < pixels; p++) {
              A* kept = y + to + p * at.N;
              channels.to(kept, load(&sums[p * at.width + channels.first]));
              if (at.SIZE > 1)  // the statistics are of what is kept
                store(&sums[p * at.width + channels.first], channels.from(kept));
            }
          });
          moments.add(sums.data(), pixels);
          continue;
        }
        const int64_t done = pool ? (image * out + row / 2 * (at.columns / 2)) * at.N : to;
        finish<A>(how, sums.data(), at.width, beside ? beside + to : nullptr, z + done,
                  which ? which + done : nullptr, count, at.columns, at.N);
      }
    }
    if (!learns) continue;
    for (int64_t n = 0; n < at.N; n++) {
      mean[m * at.N + n] = moments.mean[n];
      variance[m * at.N + n] = moments.squares[n] / moments.count;
    }
    set_scale(mean + m * at.N, variance + m * at.N);
    for (int64_t b = 0; b < at.B; b++) {
      const int64_t image = m * at.B + b, to = image * at.area * at.N;
      finish<A>(how, y + to, at.N, beside ? beside + to : nullptr, z + image * out * at.N,
                which ? which + image * out * at.N : nullptr, at.rows, at.columns, at.N);
    }
  }
}

// The gradient that comes back through maximum and ReLU to the pixels of an image.
template <typename A>
struct Returned {
  using S = SumOf<A>;
  const A *dz, *z;       // of the image
  const uint8_t* which;  // or null
  bool relu;
  int64_t rows, columns, N;

  // Calls use(slot, pixel's row, its column, gradient) for every pixel, of some channels.
  template <typename C, typename Use>
  void each(const C& channels, const Use& use) const {
    if (which) return pooled(channels, use);
    if (relu) return unpooled<true>(channels, use);
    unpooled<false>(channels, use);
  }

 private:
  template <bool RELU, typename C, typename Use>
  void unpooled(const C& channels, const Use& use) const {
    const A *gradients = dz, *results = z;
    const auto next = [&](auto slot, int64_t h, int64_t v) {
      Vector<S> gradient = channels.from(gradients);
      if (RELU) gradient = channels.from(results) <= Vector<S>{} ? Vector<S>{} : gradient;
      use(slot, h, v, gradient);
      gradients += N;
      results += N;
    };
    for (int64_t h = 0; h < rows; h++) {
      int64_t v = 0;
      for (; v + 4 <= columns; v += 4) {
        next(Slot<0>{}, h, v);
        next(Slot<1>{}, h, v + 1);
        next(Slot<2>{}, h, v + 2);
        next(Slot<3>{}, h, v + 3);
      }
      for (; v < columns; v++) next(Slot<0>{}, h, v);
    }
  }

  template <typename C, typename Use>
  void pooled(const C& channels, const Use& use) const {
    const int64_t down = rows / 2, across = columns / 2;
    for (int64_t i = 0; i < down; i++)
      for (int64_t j = 0; j < across; j++) {
        const int64_t place = (i * across + j) * N;
        const Vector<S> gradient = channels.from(dz + place);
        using Places = decltype(gradient != gradient);
        const Places chosen =
            __builtin_convertvector(channels.template bytes<S>(which + place), Places);
        use(Slot<0>{}, 2 * i, 2 * j, chosen == 0 ? gradient : Vector<S>{});
        use(Slot<1>{}, 2 * i, 2 * j + 1, chosen == 1 ? gradient : Vector<S>{});
        use(Slot<2>{}, 2 * i + 1, 2 * j, chosen == 2 ? gradient : Vector<S>{});
        use(Slot<3>{}, 2 * i + 1, 2 * j + 1, chosen == 3 ? gradient : Vector<S>{});
      }
    for (int64_t h = 0; h < rows; h++)  // what belongs to no window
      for (int64_t v = h < 2 * down ? 2 * across : 0; v < columns; v++)
        use(Slot<0>{}, h, v, Vector<S>{});
  }
};

// Backwards, one member after another; arguments that are not wanted are null.
template <typename A>
void backward(const Layer<A>& at, const A* x, int64_t member_stride, const SumOf<A>* w,
              const A* dz, const A* z, const A* y, const SumOf<A>* scale, const SumOf<A>* mean,
              const SumOf<A>* variance, const uint8_t* which, A* dx, SumOf<A>* dw, SumOf<A>* dbias,
              SumOf<A>* dscale, SumOf<A>* dshift, A* dbeside, bool relu, double epsilon) {
  using S = SumOf<A>;
  using E = ElementOf<A>;
  constexpr bool PAIRS = Types<A>::SIZE > 1;
  const int64_t out = which ? (at.rows / 2) * (at.columns / 2) : at.area;
  const int64_t across = at.W + 2 * at.margin, down = at.H + 2 * at.margin;
  const int64_t K = at.k * at.k * at.C;
  // The gradient of the sums lies in an image with a margin, all of its vectors whole.
  const int64_t g_across = at.columns + 2 * at.margin, g_down = at.rows + 2 * at.margin;
  const int64_t g_elements = at.width / at.SIZE;  // of a pixel
  const auto g_pixel = [&](int64_t h, int64_t v) {
    return (h + at.margin) * g_across + v + at.margin;
  };

  // Of the weight: windows of x, and the gradient beside them. Pairs are of neighbouring columns.
  Windows windows{at.k, at.k * at.C, across * at.C, {}, {}};
  std::vector<int64_t> of_gradient;
  const int64_t pairs = (at.columns + 1) / 2;
  for (int64_t h = 0; h < at.rows; h++)
    for (int64_t v = 0; v < at.columns; v += at.SIZE) {
      windows.add((h * across + v) * at.s * at.C, 0);
      of_gradient.push_back(PAIRS ? (h * pairs + v / 2) * at.width : g_pixel(h, v) * at.width);
    }

  // Of the images: pixels that lie alike to the stride see the same part of the kernel.
  struct Part {
    Windows windows;
    std::vector<std::pair<int64_t, int64_t>> places;  // of the kernel, by the order of its window
    std::vector<E> weight;
  };
  std::vector<Part> parts;
  for (int64_t i = 0; dx && i < at.s; i++)
    for (int64_t j = 0; j < at.s; j++) {
      std::vector<int64_t> taps_down, taps_across;
      for (int64_t t = at.k - 1; t >= 0; t--) {
        if ((i + at.margin - t) % at.s == 0) taps_down.push_back(t);
        if ((j + at.margin - t) % at.s == 0) taps_across.push_back(t);
      }
      const int64_t wide = taps_across.size();
      Part part{{int64_t(taps_down.size()), wide * g_elements, g_across * g_elements, {}, {}},
                {}, {}};
      for (const int64_t a : taps_down)
        for (const int64_t b : taps_across) part.places.push_back({a, b});
      if (!part.places.empty())
        for (int64_t h = i; h < at.H; h += at.s)
          for (int64_t v = j; v < at.W; v += at.s)
            part.windows.add(g_pixel((h + at.margin - taps_down[0]) / at.s,
                                     (v + at.margin - taps_across[0]) / at.s) * g_elements,
                             h * at.W + v);
      part.windows.check();
      part.weight.resize(part.places.size() * g_elements * at.input_width);
      parts.push_back(std::move(part));
    }
  const bool direct = !PAIRS && at.input_width == at.C;

  std::vector<A> padded(down * across * at.C), gradient(g_down * g_across * at.width),
      rounded_row(PAIRS ? at.width : 0);
  std::vector<E> pairs_of_x(PAIRS ? down * across * at.C : 0),
      pairs_of_gradient(PAIRS ? at.rows * pairs * at.width : 0);
  std::vector<S> sums(K * at.width), bias_sums(at.width), zero(at.input_width),
      result(dx && !direct ? at.H * at.W * at.input_width : 0), column(at.N),
      factor(at.width), centre(at.width), inverse(at.width), slope(at.width), level(at.width),
      sum_of_gradient(at.width), sum_of_product(at.width);
  const bool strides_leave_gaps = at.s > at.k;

  for (int64_t m = 0; m < at.M; m++) {
    const S* w_m = w + m * K * at.N;
    for (Part& part : parts)
      for (size_t place = 0; place < part.places.size(); place++) {
        const auto [a, b] = part.places[place];
        const S* rows = w_m + (a * at.k + b) * at.C * at.N;
        E* to = &part.weight[place * g_elements * at.input_width];
        if constexpr (PAIRS) {
          for (int64_t c = 0; c < at.C; c++) {
            each_vector<S>(at.N, [&](auto channels) {
              store(&rounded_row[channels.first], channels.from(rows + c * at.N));
            });
            const auto* pairs_of_row = reinterpret_cast<const uint32_t*>(rounded_row.data());
            for (int64_t e = 0; e < g_elements; e++) to[e * at.input_width + c] = pairs_of_row[e];
          }
        } else {
          // by blocks of inputs: both sides of a transposition stay in the cache
          for (int64_t first = 0; first < at.C; first += LANES<S>)
            for (int64_t n = 0; n < at.N; n++)
              for (int64_t c = first; c < std::min(first + LANES<S>, at.C); c++)
                to[n * at.input_width + c] = rows[c * at.N + n];
        }
      }
    const auto returned = [&](int64_t b) {
      const int64_t image = m * at.B + b, begin = image * out * at.N;
      return Returned<A>{dz + begin, z + begin, which ? which + begin : nullptr, relu,
                         at.rows, at.columns, at.N};
    };
    if (scale) {
      for (int64_t n = 0; n < at.N; n++) {
        centre[n] = mean[m * at.N + n];
        inverse[n] = 1 / std::sqrt(variance[m * at.N + n] + static_cast<S>(epsilon));
        factor[n] = scale[m * at.N + n] * inverse[n];
      }
      std::fill(sum_of_gradient.begin(), sum_of_gradient.end(), S(0));
      std::fill(sum_of_product.begin(), sum_of_product.end(), S(0));
      for (int64_t b = 0; b < at.B; b++) {
        const Returned<A> back = returned(b);
        const A* y_b = y + (m * at.B + b) * at.area * at.N;
        each_vector<S>(at.N, [&](auto channels) {
          const int64_t c = channels.first;
          const Vector<S> middle = load(&centre[c]);
          Vector<S> total[4] = {}, product[4] = {};
          back.each(channels, [&](auto slot, int64_t h, int64_t v, const Vector<S>& g) {
            total[slot] += g;
            product[slot] += g * (channels.from(y_b + (h * at.columns + v) * at.N) - middle);
          });
          store(&sum_of_gradient[c], load(&sum_of_gradient[c]) + in_all<S>(total));
          store(&sum_of_product[c], load(&sum_of_product[c]) + in_all<S>(product));
        });
      }
      const S count = at.B * at.area;
      for (int64_t n = 0; n < at.N; n++) {
        dshift[m * at.N + n] = sum_of_gradient[n];
        dscale[m * at.N + n] = sum_of_product[n] * inverse[n];
        level[n] = factor[n] * sum_of_gradient[n] / count;
        slope[n] = factor[n] * inverse[n] * inverse[n] * sum_of_product[n] / count;
      }
    }
    std::fill(sums.begin(), sums.end(), S(0));
    std::fill(bias_sums.begin(), bias_sums.end(), S(0));
    for (int64_t b = 0; b < at.B; b++) {
      const int64_t image = m * at.B + b;
      const Returned<A> back = returned(b);
      const int64_t begin = image * at.area * at.N;
      each_vector<S>(at.N, [&](auto channels) {
        const int64_t c = channels.first;
        Vector<S> total[4] = {};
        const auto keep = [&](auto slot, int64_t h, int64_t v, const Vector<S>& of_sums) {
          total[slot] += of_sums;
          store(&gradient[g_pixel(h, v) * at.width + c], of_sums);
        };
        const auto put_beside = [&](int64_t h, int64_t v, const Vector<S>& g) {
          if (dbeside) channels.to(dbeside + begin + (h * at.columns + v) * at.N, g);
        };
        if (scale) {
          const Vector<S> by = load(&factor[c]), less = load(&level[c]), middle = load(&centre[c]),
                          tilt = load(&slope[c]);
          back.each(channels, [&](auto slot, int64_t h, int64_t v, const Vector<S>& g) {
            put_beside(h, v, g);
            const Vector<S> value = channels.from(y + begin + (h * at.columns + v) * at.N);
            keep(slot, h, v, g * by - less - (value - middle) * tilt);
          });
        } else {
          back.each(channels, [&](auto slot, int64_t h, int64_t v, const Vector<S>& g) {
            put_beside(h, v, g);
            keep(slot, h, v, g);
          });
        }
        store(&bias_sums[c], load(&bias_sums[c]) + in_all<S>(total));
      });
      const A* x_b = x + m * member_stride + b * at.H * at.W * at.C;
      pad(x_b, at.H, at.W, at.C, at.margin, at.C, padded.data());
      const E *left, *right;
      if constexpr (PAIRS) {
        // each number beside the one that the next column of the result sees in its place
        const int64_t apart = at.s * at.C;
        const auto* bits = reinterpret_cast<const uint16_t*>(padded.data());
        for (int64_t row = 0; row < down; row++)
          for (int64_t q = 0; q < across * at.C; q++) {
            const int64_t here = row * across * at.C + q;
            const uint32_t next = q + apart < across * at.C ? bits[here + apart] : 0;
            pairs_of_x[here] = bits[here] | next << 16;
          }
        bits = reinterpret_cast<const uint16_t*>(gradient.data());
        for (int64_t h = 0; h < at.rows; h++)
          for (int64_t v = 0; v < at.columns; v += 2) {
            const uint16_t* first = bits + g_pixel(h, v) * at.width;
            uint32_t* to = &pairs_of_gradient[(h * pairs + v / 2) * at.width];
            const bool last = v + 1 == at.columns;
            for (int64_t n = 0; n < at.width; n++)
              to[n] = first[n] | (last ? 0u : static_cast<uint32_t>(first[at.width + n]) << 16);
          }
        left = pairs_of_x.data();
        right = pairs_of_gradient.data();
      } else {
        left = padded.data();
        right = gradient.data();
      }
      const int64_t count = of_gradient.size();
      int64_t n = 0;
      for (; n + 2 * LANES<S> <= at.width; n += 2 * LANES<S>)
        weight_columns<E, S, 2>(windows, of_gradient, count, left, right + n, at.width, &sums[n]);
      for (; n < at.width; n += LANES<S>)
        weight_columns<E, S, 1>(windows, of_gradient, count, left, right + n, at.width, &sums[n]);
      if (!dx) continue;
      A* dx_b = dx + image * at.H * at.W * at.C;
      S* to = direct ? reinterpret_cast<S*>(dx_b) : result.data();
      if (strides_leave_gaps) std::fill_n(to, at.H * at.W * at.input_width, S(0));
      for (const Part& part : parts)
        product(part.windows, 0, int64_t(part.windows.from.size()),
                reinterpret_cast<const E*>(gradient.data()), part.weight.data(), at.input_width,
                zero.data(), to, 0);
      if (direct) continue;
      each_vector<S>(at.C, [&](auto channels) {
        for (int64_t p = 0; p < at.H * at.W; p++)
          channels.to(dx_b + p * at.C, load(&result[p * at.input_width + channels.first]));
      });
    }
    for (int64_t row = 0; row < K; row++)
      std::copy_n(&sums[row * at.width], at.N, dw + (m * K + row) * at.N);
    std::copy_n(bias_sums.data(), at.N, dbias + m * at.N);
  }
}

// Maximum and ReLU of what is there, and their gradient.
template <typename A>
void rectified_pool(const A* x, A* z, uint8_t* which, int64_t images, int64_t H, int64_t W,
                    int64_t C) {
  const int64_t out = (H / 2) * (W / 2) * C;
  for (int64_t b = 0; b < images; b++)
    finish<A>({nullptr, nullptr, true, true}, x + b * H * W * C, C, static_cast<const A*>(nullptr),
              z + b * out, which + b * out, H, W, C);
}

template <typename A>
void rectified_pool_gradient(const A* dz, const uint8_t* which, A* dx, int64_t images, int64_t H,
                             int64_t W, int64_t C) {
  const int64_t out = (H / 2) * (W / 2) * C;
  for (int64_t b = 0; b < images; b++) {
    const Returned<A> back{dz + b * out, nullptr, which + b * out, true, H, W, C};
    each_vector<SumOf<A>>(C, [&](auto channels) {
      back.each(channels, [&](auto, int64_t h, int64_t v, const Vector<SumOf<A>>& g) {
        channels.to(dx + ((b * H + h) * W + v) * C, g);
      });
    });
  }
}

}  // namespace

#define INSTANCES(A, S, SUFFIX)                                                                   \
  extern "C" void hidden_layer_##SUFFIX(                                                                \
      const A* x, int64_t member_stride, const S* w, const S* bias, const S* scale,               \
      const S* shift, const S* given_mean, const S* given_variance, const A* beside, A* z, A* y,  \
      S* mean, S* variance, uint8_t* which, int64_t M, int64_t B, int64_t H, int64_t W,           \
      int64_t C, int64_t N, int64_t k, int64_t s, int64_t relu, int64_t pool, double epsilon) {   \
    forward<A>({M, B, H, W, C, N, k, s}, x, member_stride, w, bias, scale, shift, given_mean,     \
               given_variance, beside, z, y, mean, variance, which, relu, pool, epsilon);         \
  }                                                                                               \
  extern "C" void hidden_layer_gradient_##SUFFIX(                                                       \
      const A* x, int64_t member_stride, const S* w, const A* dz, const A* z, const A* y,         \
      const S* scale, const S* mean, const S* variance, const uint8_t* which, A* dx, S* dw,       \
      S* dbias, S* dscale, S* dshift, A* dbeside, int64_t M, int64_t B, int64_t H, int64_t W,     \
      int64_t C, int64_t N, int64_t k, int64_t s, int64_t relu, double epsilon) {                 \
    backward<A>({M, B, H, W, C, N, k, s}, x, member_stride, w, dz, z, y, scale, mean, variance,   \
                which, dx, dw, dbias, dscale, dshift, dbeside, relu, epsilon);                    \
  }                                                                                               \
  extern "C" void rectified_pool_##SUFFIX(const A* x, A* z, uint8_t* which, int64_t images,       \
                                          int64_t H, int64_t W, int64_t C) {                      \
    rectified_pool<A>(x, z, which, images, H, W, C);                                              \
  }                                                                                               \
  extern "C" void rectified_pool_gradient_##SUFFIX(const A* dz, const uint8_t* which, A* dx,      \
                                                   int64_t images, int64_t H, int64_t W,          \
                                                   int64_t C) {                                   \
    rectified_pool_gradient<A>(dz, which, dx, images, H, W, C);                                   \
  }

INSTANCES(float, float, float32)
INSTANCES(double, double, float64)
INSTANCES(bfloat16, float, bfloat16)
