//! Matrix products on sixteen columns at once, each element one chain of fused multiply-adds in the order of the inner
//! index.

use super::lanes::{Kernel, Lanes, Level, Pixel, blocks};

/// A matrix whose rows are filled up with zeros to whole blocks of sixteen columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matrix {
    pub rows: usize,
    /// Blocks in a row.
    pub blocks: usize,
    pub data: Vec<Pixel>,
}

impl Matrix {
    pub fn zeros(rows: usize, columns: usize) -> Matrix {
        Matrix { rows, blocks: blocks(columns), data: vec![Pixel::ZERO; rows * blocks(columns)] }
    }

    /// From an element function.
    pub fn from_fn(rows: usize, columns: usize, element: impl Fn(usize, usize) -> f32) -> Matrix {
        let mut matrix = Matrix::zeros(rows, columns);
        let stride = matrix.stride();
        for row in 0..rows {
            for column in 0..columns {
                matrix.flat_mut()[row * stride + column] = element(row, column);
            }
        }
        matrix
    }

    /// Numbers in a stored row.
    pub fn stride(&self) -> usize {
        self.blocks * 16
    }

    /// All stored numbers, row by row.
    pub fn flat(&self) -> &[f32] {
        // SAFETY: a `Pixel` is sixteen f32 without padding.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr().cast(), self.data.len() * 16) }
    }

    /// All stored numbers, row by row.
    pub fn flat_mut(&mut self) -> &mut [f32] {
        // SAFETY: a `Pixel` is sixteen f32 without padding.
        unsafe { std::slice::from_raw_parts_mut(self.data.as_mut_ptr().cast(), self.data.len() * 16) }
    }

    /// A copy of the first rows.
    pub fn first_rows(&self, rows: usize) -> Matrix {
        Matrix { rows, blocks: self.blocks, data: self.data[..rows * self.blocks].to_vec() }
    }

    /// Stored row `row`.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.flat()[row * self.stride()..][..self.stride()]
    }

    /// Stored row `row`.
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        let stride = self.stride();
        &mut self.flat_mut()[row * stride..][..stride]
    }

    /// Adds `left · right`. The left factor is any strided view: element (i, k) is `left[i * by_row + k * by_inner]`.
    pub fn add_product(&mut self, left: &[f32], by_row: usize, by_inner: usize, right: &Matrix, level: Level) {
        assert_eq!(self.blocks, right.blocks);
        if self.rows == 0 || right.rows == 0 {
            return;
        }
        assert!(left.len() > (self.rows - 1) * by_row + (right.rows - 1) * by_inner);
        level.run(Product { left, by_row, by_inner, right, output: self });
    }
}

struct Product<'a> {
    left: &'a [f32],
    by_row: usize,
    by_inner: usize,
    right: &'a Matrix,
    output: &'a mut Matrix,
}

impl Kernel for Product<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let mut row = 0;
        while row < self.output.rows {
            let tall = self.output.rows - row >= 4;
            let mut block = 0;
            while block < self.output.blocks {
                let wide = self.output.blocks - block >= 2;
                match (tall, wide) {
                    (true, true) => self.tile::<L, 4, 2>(row, block),
                    (true, false) => self.tile::<L, 4, 1>(row, block),
                    (false, true) => self.tile::<L, 1, 2>(row, block),
                    (false, false) => self.tile::<L, 1, 1>(row, block),
                }
                block += if wide { 2 } else { 1 };
            }
            row += if tall { 4 } else { 1 };
        }
    }
}

impl Product<'_> {
    #[inline(always)]
    fn tile<L: Lanes, const P: usize, const Q: usize>(&mut self, row: usize, block: usize) {
        let stride = self.output.blocks;
        let mut sums = [[L::splat(0.0); Q]; P];
        for (p, sums) in sums.iter_mut().enumerate() {
            for (q, sum) in sums.iter_mut().enumerate() {
                *sum = L::load(&self.output.data[(row + p) * stride + block + q]);
            }
        }
        for (inner, pixels) in self.right.data.chunks_exact(stride).enumerate() {
            let mut factors = [L::splat(0.0); Q];
            for (q, factor) in factors.iter_mut().enumerate() {
                *factor = L::load(&pixels[block + q]);
            }
            for (p, sums) in sums.iter_mut().enumerate() {
                let value = L::splat(self.left[(row + p) * self.by_row + inner * self.by_inner]);
                for (q, sum) in sums.iter_mut().enumerate() {
                    *sum = value.mul_add(factors[q], *sum);
                }
            }
        }
        for (p, sums) in sums.iter().enumerate() {
            for (q, sum) in sums.iter().enumerate() {
                sum.store(&mut self.output.data[(row + p) * stride + block + q]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_of_plain_and_transposed_views() {
        let (rows, inner, columns) = (6, 5, 37);
        let left: Vec<f32> = (0..rows * inner).map(|i| (i as f32 * 0.37).sin()).collect();
        let right = Matrix::from_fn(inner, columns, |k, j| ((k * 41 + j) as f32 * 0.21).cos());
        for level in Level::available() {
            for (by_row, by_inner) in [(inner, 1), (1, rows)] {
                let mut out = Matrix::from_fn(rows, columns, |_, j| j as f32);
                out.add_product(&left, by_row, by_inner, &right, level);
                for i in 0..rows {
                    for j in 0..columns {
                        let mut expected = j as f32;
                        for k in 0..inner {
                            expected = left[i * by_row + k * by_inner].mul_add(right.row(k)[j], expected);
                        }
                        assert_eq!(out.row(i)[j], expected, "{level:?} {i} {j}");
                    }
                    assert!(out.row(i)[columns..].iter().all(|&value| value == 0.0));
                }
            }
        }
    }
}
