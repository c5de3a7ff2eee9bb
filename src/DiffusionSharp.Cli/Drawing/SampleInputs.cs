using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Arrays that take the place of the seeds' noise.</summary>
/// <param name="InitialX">x_T, [N, C, H, W]; null where it comes from the seeds.</param>
/// <param name="Noise">The noise of every step; null where it comes from the seeds.</param>
/// <param name="Count">N, how many images the arrays hold; null without arrays.</param>
internal sealed record SampleInputs(double[]? InitialX, NoiseSource? Noise, int? Count)
{
    /// <summary>Reads and checks the files.</summary>
    /// <param name="init">[N, C, H, W], or null.</param>
    /// <param name="noise">[steps, N, C, H, W], or null.</param>
    /// <param name="shape">The model's images.</param>
    /// <exception cref="DiffusionException">A file cannot be read, or its shape does not fit.</exception>
    public static SampleInputs Read(string? init, string? noise, ImageShape shape)
    {
        if (init is null)
        {
            return noise is null ? new SampleInputs(null, null, null) : throw new DiffusionException(
                ErrorKind.Usage, "--noise replays the noise of the steps, not the start: give x_T with --init too");
        }

        int[] image = [shape.Channels, shape.Height, shape.Width];
        var x = ArrayFile.Read(init);
        var fits = x.Shape.Count == 4 && x.Shape.Skip(1).SequenceEqual(image) && x.Shape[0] > 0;
        Require(fits, "--init", init, x.Shape, $"[N, {string.Join(", ", image)}]");
        var count = x.Shape[0];
        if (noise is null)
        {
            return new SampleInputs(x.To<double>(), null, count);
        }

        var z = ArrayFile.Read(noise).ToTensor();
        fits = z.Shape.Count == 5 && z.Shape[1] == count && z.Shape.Skip(2).SequenceEqual(image);
        Require(fits, "--noise", noise, z.Shape, $"[steps, {count}, {string.Join(", ", image)}]");
        return new SampleInputs(x.To<double>(), NoiseSource.Recorded(z.Data, z.Shape[0], count, shape), count);
    }

    private static void Require(bool fits, string option, string path, IReadOnlyList<int> found, string expected)
    {
        if (!fits)
        {
            throw new DiffusionException(
                ErrorKind.Data,
                $"{option} {path} has the shape [{string.Join(", ", found)}]; the model needs {expected}");
        }
    }
}
