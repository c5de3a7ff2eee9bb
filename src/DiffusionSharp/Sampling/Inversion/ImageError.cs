namespace DiffusionSharp.Sampling.Inversion;

/// <summary>How far images are from others, on the scale of the DDIM paper's table 2.</summary>
public static class ImageError
{
    /// <summary>Mean squared error per pixel and channel, with both sides scaled from [-1, 1] to [0, 1] and not clamped to it.</summary>
    /// <param name="images">Images, -1…1.</param>
    /// <param name="others">As many numbers.</param>
    public static double MeanSquared(ReadOnlySpan<double> images, ReadOnlySpan<double> others)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(others.Length, images.Length);
        var sum = 0.0;
        for (var i = 0; i < images.Length; i++)
        {
            var difference = (images[i] - others[i]) / 2;
            sum += difference * difference;
        }

        return sum / images.Length;
    }

    /// <summary>Peak signal-to-noise ratio in dB, 10·log10(1/error) for images of 0…1; infinite where nothing differs.</summary>
    /// <param name="meanSquared">A mean squared error, see <see cref="MeanSquared"/>.</param>
    public static double Psnr(double meanSquared) => -10 * Math.Log10(meanSquared);
}
