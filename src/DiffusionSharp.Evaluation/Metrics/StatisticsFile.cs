using DiffusionSharp.Files.Numpy;

namespace DiffusionSharp.Evaluation.Metrics;

/// <summary>
/// Statistics as the field keeps them: an .npz with <c>mu</c> [D] and <c>sigma</c> [D, D], of pytorch-fid, of the DDPM authors' code and of
/// guided-diffusion, whose reference batches hold the pictures (<c>arr_0</c>) and other statistics (<c>mu_s</c>, <c>sigma_s</c>) besides.
/// </summary>
public static class StatisticsFile
{
    private const string Mu = "mu", Sigma = "sigma";

    /// <summary>Reads statistics; what else a file holds is not touched.</summary>
    /// <param name="path">The .npz; float64 or float32.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Data"/>: no such file, no .npz, without these arrays, or with others than a mean and its
    /// covariance; <see cref="ErrorKind.NonFinite"/>: a number is NaN or infinite.</exception>
    public static FeatureStatistics Read(string path)
    {
        using var file = NpzFile.Open(path);
        if (!file.Names.Contains(Mu, StringComparer.Ordinal) || !file.Names.Contains(Sigma, StringComparer.Ordinal))
        {
            throw new DiffusionException(
                ErrorKind.Data,
                $"{path}: found the arrays {string.Join(", ", file.Names)}, expected 'mu' and 'sigma': give a file of statistics, or the images to make them of");
        }

        IReadOnlyList<int> mu = file.Describe(Mu).Shape, sigma = file.Describe(Sigma).Shape;
        if (mu is not [var d] || sigma is not [var rows, var columns] || rows != d || columns != d)
        {
            throw new DiffusionException(
                ErrorKind.Data,
                $"{path}: found mu [{string.Join(", ", mu)}] and sigma [{string.Join(", ", sigma)}], expected [D] and [D, D]: this is no file of statistics");
        }

        return new FeatureStatistics(file.Read(Mu).To<double>(), file.Read(Sigma).To<double>(), name: path);
    }

    /// <summary>Writes statistics in float64, as pytorch-fid and guided-diffusion read them.</summary>
    /// <param name="path">The .npz; it is there whole or not at all.</param>
    /// <param name="statistics">Mean and covariance.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Storage"/>: the storage refused.</exception>
    public static void Write(string path, FeatureStatistics statistics)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(statistics);
        var d = statistics.Dimension;
        NpzFile.Write(path, [new(Mu, NpyArray.Create([d], statistics.Mean)), new(Sigma, NpyArray.Create([d, d], statistics.Covariance))]);
    }
}
