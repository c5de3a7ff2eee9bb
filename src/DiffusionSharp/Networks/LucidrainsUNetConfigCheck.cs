namespace DiffusionSharp.Networks;

/// <summary>Finds every problem of a <see cref="LucidrainsUNetConfig"/> at once, before a graph is built.</summary>
internal static class LucidrainsUNetConfigCheck
{
    private const int MostChannels = 1 << 16;

    public static void Validate(LucidrainsUNetConfig c)
    {
        var problems = Problems(c).ToList();
        if (problems.Count > 0)
        {
            throw new DiffusionException(ErrorKind.Configuration, "the U-Net's options are invalid: " + string.Join("; ", problems));
        }
    }

    private static IEnumerable<string> Problems(LucidrainsUNetConfig c)
    {
        if (c.Levels is < 1 or > 12)
        {
            yield return $"dim_mults has {c.Levels} levels; 1 to 12 are supported";
            yield break;
        }

        if (SizeCheck.Problem("image_size", c.Height, c.Width, c.Levels) is { } size)
        {
            yield return size;
        }

        if (c.Channels is < 1 or > MostChannels || c.OutDim is < 1 or > MostChannels)
        {
            yield return $"channels {c.Channels} and out_dim {c.OutDim ?? c.Channels} must be in 1…{MostChannels}";
        }

        if (c.OutDim is not null && c.LearnedVariance)
        {
            yield return "learned_variance and out_dim say both how many channels the prediction has; give one";
        }

        if (c.Dim < 4 || c.Dim % 2 != 0)
        {
            yield return $"dim {c.Dim} must be an even number from 4 on, for the timestep's sinusoid";
        }

        foreach (var width in c.DimMults.Select(m => (long)m * c.Dim).Append(c.InitDim ?? 1).Append(c.Dim).Where(w => w is < 1 or > MostChannels).Distinct())
        {
            yield return $"dim, init_dim and dim_mults: {width} channels are outside 1…{MostChannels}";
        }

        foreach (var (name, count) in new[] { ("attn_dim_head", c.AttnDimHead.Count), ("attn_heads", c.AttnHeads.Count), ("full_attn", c.FullAttn.Count) })
        {
            if (count != c.Levels && count != 1 && (count != 0 || name != "full_attn"))
            {
                yield return $"{name} has {count} values; give one, or one for each of the {c.Levels} levels";
            }
        }

        if (c.AttnDimHead.Concat(c.AttnHeads).Any(n => n is < 1 or > 1024))
        {
            yield return $"attn_dim_head {c.AttnDimHead} and attn_heads {c.AttnHeads} must be in 1…1024";
        }

        if (c.NumMemKv is < 0 or > MostChannels)
        {
            yield return $"num_mem_kv {c.NumMemKv} is outside 0…{MostChannels}";
        }

        if (!double.IsFinite(c.SinusoidalPosEmbTheta) || c.SinusoidalPosEmbTheta <= 1)
        {
            yield return $"sinusoidal_pos_emb_theta {c.SinusoidalPosEmbTheta} must be above 1";
        }

        if (!(c.Dropout >= 0 && c.Dropout < 1))
        {
            yield return $"dropout {c.Dropout} is outside [0, 1)";
        }

        if (c.ClassNames.Count > 0)
        {
            yield return "this network takes no labels, and so has no class names";
        }
    }
}
