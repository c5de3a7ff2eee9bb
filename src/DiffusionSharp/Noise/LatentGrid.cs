namespace DiffusionSharp.Noise;

/// <summary>Latents between the x_T of two or four seeds (Song et al. 2021, figures 6 and 11 to 13).</summary>
public static class LatentGrid
{
    /// <summary>The arc between two x_T, or the square between four: rows run between the arcs of the first two and of the last two.</summary>
    /// <param name="seeds">Two seeds, or four: top left, top right, bottom left, bottom right.</param>
    /// <param name="frames">Latents from one seed to the next, both included; at least 2.</param>
    /// <param name="elements">Elements of one latent.</param>
    /// <returns>[frames, elements] of two seeds, [frames, frames, elements] of four; the corners are exactly the seeds' own x_T.</returns>
    /// <exception cref="DiffusionException">More values than an array can hold.</exception>
    /// <exception cref="ArgumentException">Not two or four seeds, or fewer than two frames.</exception>
    public static double[] Between(IReadOnlyList<ulong> seeds, int frames, int elements)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        if (seeds.Count is not (2 or 4) || frames < 2)
        {
            throw new ArgumentException($"{seeds.Count} seeds and {frames} frames: two or four seeds and at least 2 frames are needed");
        }

        var noise = NoiseSource.FromSeeds(seeds);
        var corners = new double[seeds.Count][];
        for (var i = 0; i < corners.Length; i++)
        {
            corners[i] = new double[elements];
            noise.Fill(i, NoiseSource.InitialStep, corners[i]);
        }

        var rows = seeds.Count == 2 ? 1 : frames;
        var values = (double)rows * frames * elements;
        var result = new double[MemoryNeed.Length(values, $"{rows * frames} latents of {elements} values", "choose fewer frames")];
        double[] left = new double[elements], right = new double[elements];
        for (var row = 0; row < rows; row++)
        {
            // Down both sides, then across.
            var down = (double)row / (frames - 1);
            Slerp.Between(corners[0], corners[^2], down, left);
            Slerp.Between(corners[1], corners[^1], down, right);
            for (var column = 0; column < frames; column++)
            {
                Slerp.Between(left, right, (double)column / (frames - 1), result.AsSpan(((row * frames) + column) * elements, elements));
            }
        }

        return result;
    }
}
