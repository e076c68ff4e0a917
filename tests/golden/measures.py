"""Measures of sets, by NumPy, SciPy, scikit-image and PyTorch; run through make.py.

Nothing here is shared with kiln's own way: the Fréchet distance takes SciPy's root of the product of covariances, the kernel
distance is a sum over pairs, the neighbours are sorted columns of SciPy's distances, the spectrum is NumPy's transform.
"""
import numpy as np
import torch
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from common import hash_fill, write_json


def features(count, dims, salt, scale=1.0, shift=0.0):
    """Correlated vectors: hashed ones times a hashed square matrix, the same for all sets."""
    mix = hash_fill([dims, dims], 0).numpy()
    return hash_fill([count, dims], salt, scale, shift).numpy() @ mix


def frechet(a, b):
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = sqrtm(ca @ cb)
    assert np.abs(np.imag(root)).max() < 1e-9
    return float(np.square(a.mean(0) - b.mean(0)).sum() + np.trace(ca + cb - 2 * np.real(root)))


def nuclear(a, b):
    """The same by the singular values of the product of centred sets: SciPy's root of a covariance without full rank is not
    exact."""
    x, y = ((v - v.mean(0)) / np.sqrt(len(v) - 1) for v in (a, b))
    root = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return float(np.square(a.mean(0) - b.mean(0)).sum() + np.square(x).sum() + np.square(y).sum() - 2 * root)


def kernel_distance(a, b):
    d = a.shape[1]
    k = lambda x, y: (x @ y.T / d + 1) ** 3
    aa, bb, ab = k(a, a), k(b, b), k(a, b)
    m, n = len(a), len(b)
    return float((aa.sum() - np.trace(aa)) / (m * (m - 1)) + (bb.sum() - np.trace(bb)) / (n * (n - 1)) - 2 * ab.mean())


def classifier_score(p, splits):
    size, scores = len(p) // splits, []
    for part in range(splits):
        q = p[part * size:(part + 1) * size]
        scores.append(np.exp((q * (np.log(q) - np.log(q.mean(0)))).sum(1).mean()))
    return [float(np.mean(scores)), float(np.std(scores, ddof=1))]


def radii(x, k):
    """Column 0 of the sorted distances is the sample itself."""
    return np.sort(cdist(x, x), axis=1)[:, k]


def manifold(real, made, k_pr, k_dc):
    d = cdist(real, made)
    rr, rm = radii(real, k_pr), radii(made, k_pr)
    inside = d <= radii(real, k_dc)[:, None]
    return {
        "precision": float((d <= rr[:, None]).any(0).mean()),
        "recall": float((d <= rm[None, :]).any(1).mean()),
        "density": float(inside.sum(0).mean() / k_dc),
        "coverage": float(inside.any(1).mean()),
        "memorised": float((d.min(0) < radii(real, 1)[d.argmin(0)]).mean()),
        "nearest": [int(i) for i in d.argmin(0)],
    }


def ms_ssim(a, b):
    """Wang, Simoncelli and Bovik (2003), with PyTorch's convolution and pooling."""
    x = torch.arange(11, dtype=torch.float64) - 5
    g = torch.exp(-x * x / (2 * 1.5**2))
    window = torch.outer(g, g)
    window = (window / window.sum())[None, None]
    blur = lambda t: torch.nn.functional.conv2d(t, window)
    a, b = (torch.from_numpy(np.ascontiguousarray(v)).permute(2, 0, 1)[:, None] for v in (a, b))
    product = torch.ones(len(a), dtype=torch.float64)
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    for scale, weight in enumerate(weights):
        ma, mb = blur(a), blur(b)
        va, vb, cov = blur(a * a) - ma**2, blur(b * b) - mb**2, blur(a * b) - ma * mb
        cs = (2 * cov + 0.03**2) / (va + vb + 0.03**2)
        if scale == len(weights) - 1:
            cs = cs * (2 * ma * mb + 0.01**2) / (ma**2 + mb**2 + 0.01**2)
        product *= cs.mean((1, 2, 3)).clamp(min=0) ** weight
        a, b = (torch.nn.functional.avg_pool2d(t, 2) for t in (a, b))
    return product.mean().item()


def picture(side, salt):
    """Smooth colour, [side, side, 3], and the same with noise."""
    y, x = np.mgrid[0:side, 0:side] / side
    planes = [0.5 + 0.4 * np.sin(5 * x + c) * np.cos(7 * y - c) for c in range(3)]
    clean = np.stack(planes, -1)
    noise = hash_fill([side, side, 3], salt, 0.1).numpy()
    return clean, np.clip(clean + noise, 0, 1)


def pixel_errors(side, salt):
    clean, noisy = picture(side, salt)
    psnr = lambda a, b: float(peak_signal_noise_ratio(a, b, data_range=1))
    luma = lambda v: v @ np.array([0.299, 0.587, 0.114])
    studio = lambda v: (16 + v @ np.array([65.481, 128.553, 24.966])) / 255
    crop = lambda v: v[4:-4, 4:-4]
    return {
        "side": side, "salt": salt,
        "mse": float(np.square(clean - noisy).mean()), "l1": float(np.abs(clean - noisy).mean()),
        "psnr": psnr(clean, noisy), "psnr_luma": psnr(luma(clean), luma(noisy)),
        "psnr_studio": psnr(studio(clean), studio(noisy)),
        "psnr_studio_cropped": psnr(crop(studio(clean)), crop(studio(noisy))),
        "ssim": float(structural_similarity(clean, noisy, gaussian_weights=True, use_sample_covariance=False,
                                            data_range=1, channel_axis=2)),
    }


def spectrum(height, width, salt):
    x = hash_fill([3, 2, height, width], salt).numpy()
    power = np.abs(np.fft.fft2(x, norm="ortho")) ** 2
    fy, fx = np.fft.fftfreq(height, 1 / height), np.fft.fftfreq(width, 1 / width)
    radius = np.round(np.hypot(fy[:, None], fx[None, :])).astype(int)
    mean = power.mean((0, 1))
    return [float(mean[radius == r].mean()) for r in range(min(height, width) // 2 + 1)]


def make():
    real, made = features(60, 6, 1), features(80, 6, 2, 0.8, 0.4)
    few, others = features(12, 20, 7), features(15, 20, 9)
    logits = hash_fill([50, 5], 20, 3.0).numpy()
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    write_json("measures.json", {
        "real": real.flatten().tolist(), "made": made.flatten().tolist(), "probabilities": p.flatten().tolist(),
        "frechet": frechet(real, made), "kernel": kernel_distance(real, made),
        "few": few.flatten().tolist(), "few_others": others.flatten().tolist(), "frechet_few": nuclear(few, others),
        "classifier_score": classifier_score(p, 5), "manifold": manifold(real, made, 3, 5),
        "errors": pixel_errors(24, 30),
        "ms_ssim": {"side": 180, "salt": 40, "value": ms_ssim(*picture(180, 40))},
        "spectrum": spectrum(10, 13, 50),
    })
