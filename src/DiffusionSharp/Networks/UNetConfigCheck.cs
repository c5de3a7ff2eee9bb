namespace DiffusionSharp.Networks;

/// <summary>Finds every problem of a <see cref="UNetConfig"/> at once, before a graph is built.</summary>
internal static class UNetConfigCheck
{
    private static readonly string[] DownTypes = ["DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D"];
    private static readonly string[] UpTypes = ["UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"];

    public static void Validate(UNetConfig c)
    {
        var problems = Problems(c).ToList();
        if (problems.Count > 0)
        {
            throw new DiffusionException(ErrorKind.Configuration, "the U-Net's options are invalid: " + string.Join("; ", problems));
        }
    }

    private static IEnumerable<string> Problems(UNetConfig c)
    {
        var levels = c.BlockOutChannels.Count;
        if (levels == 0)
        {
            yield return "block_out_channels is empty; give one number per level";
            yield break;
        }

        if (levels > 12)
        {
            yield return $"block_out_channels has {levels} levels; at most 12 are supported";
            yield break;
        }

        if (c.DownBlockTypes.Count != levels || c.UpBlockTypes.Count != levels)
        {
            yield return $"block_out_channels has {levels} levels, down_block_types {c.DownBlockTypes.Count}, up_block_types {c.UpBlockTypes.Count}; they must agree";
        }

        foreach (var type in c.DownBlockTypes.Where(t => !DownTypes.Contains(t)))
        {
            yield return $"down_block_types: '{type}' is not supported; use {string.Join(", ", DownTypes)}";
        }

        foreach (var type in c.UpBlockTypes.Where(t => !UpTypes.Contains(t)))
        {
            yield return $"up_block_types: '{type}' is not supported; use {string.Join(", ", UpTypes)}";
        }

        if (SizeCheck.Problem("sample_size", c.Height, c.Width, levels) is { } size)
        {
            yield return size;
        }

        if (c.InChannels < 1 || c.OutChannels < 1)
        {
            yield return $"in_channels {c.InChannels} and out_channels {c.OutChannels} must be at least 1";
        }

        foreach (var channels in Widths(c).Where(n => n < 1 || n > 1 << 16).Distinct())
        {
            yield return $"block_out_channels: {channels} is outside 1…65536";
        }

        if (c.NormNumGroups < 1)
        {
            yield return $"norm_num_groups {c.NormNumGroups} must be at least 1";
        }
        else
        {
            foreach (var channels in Widths(c).Where(n => n % c.NormNumGroups != 0).Distinct())
            {
                yield return $"{channels} channels are not divisible by {c.NormNumGroups} groups (norm_num_groups)";
            }
        }

        if (c.AttentionHeadDim is int head && (head < 1 || HasAttention(c).Any(n => n % head != 0)))
        {
            yield return $"attention_head_dim {head} does not divide the attention's channels {string.Join(", ", HasAttention(c).Distinct())}";
        }

        if (c.AttentionHeads is not null && c.AttentionHeadDim is not null)
        {
            yield return $"attention_heads {c.AttentionHeads} and attention_head_dim {c.AttentionHeadDim} exclude each other; give one";
        }

        if (c.AttentionHeads is null && c.AttentionHeadsUp is not null)
        {
            yield return $"attention_heads_up {c.AttentionHeadsUp} needs attention_heads";
        }

        if (c.AttentionHeads is int heads && (heads < 1 || DownAttention(c).Any(n => n % heads != 0)))
        {
            yield return $"attention_heads {heads} does not divide the attention's channels {string.Join(", ", DownAttention(c).Distinct())}";
        }

        if ((c.AttentionHeadsUp ?? c.AttentionHeads) is int up && (up < 1 || UpAttention(c).Any(n => n % up != 0)))
        {
            yield return $"{up} heads (attention_heads_up, attention_heads) do not divide the attention's channels on the way up, {string.Join(", ", UpAttention(c).Distinct())}";
        }

        if (c.TimeChannels is < 1 or > 1 << 16)
        {
            yield return $"time_channels {c.TimeChannels} is outside 1…65536";
        }

        if (!double.IsFinite(c.TimestepScale) || c.TimestepScale <= 0)
        {
            yield return $"timestep_scale {c.TimestepScale} must be a positive number";
        }

        if (c.AttnNormNumGroups is int groups && (groups < 1 || c.BlockOutChannels[^1] % groups != 0))
        {
            yield return $"attn_norm_num_groups {groups} does not divide {c.BlockOutChannels[^1]} channels";
        }

        if (c.LayersPerBlock is < 1 or > 64)
        {
            yield return $"layers_per_block {c.LayersPerBlock} is outside 1…64";
        }

        if (c.DownsamplePadding is not (0 or 1))
        {
            yield return $"downsample_padding {c.DownsamplePadding} is not supported; use 0 or 1";
        }

        if (c.DownsampleType is not ("conv" or "resnet") || c.UpsampleType is not ("conv" or "resnet"))
        {
            yield return $"downsample_type '{c.DownsampleType}' and upsample_type '{c.UpsampleType}' must be conv or resnet";
        }

        if (c.ResnetTimeScaleShift is not ("default" or "scale_shift"))
        {
            yield return $"resnet_time_scale_shift '{c.ResnetTimeScaleShift}' is not supported; use default or scale_shift";
        }

        if (c.ClassEmbedType is not (null or "timestep"))
        {
            yield return $"class_embed_type '{c.ClassEmbedType}' is not supported; use null or timestep";
        }

        if (c.NumClassEmbeds is < 1)
        {
            yield return $"num_class_embeds {c.NumClassEmbeds} must be at least 1";
        }

        if (c.NullClass is int none && (none < 1 || none != c.NumClassEmbeds - 1 || c.ClassEmbedType is not null))
        {
            yield return $"_null_class {none} must be the last row of a label table (num_class_embeds - 1), after at least one class";
        }

        if (c.ClassNames.Count > (c.ClassCount ?? 0))
        {
            yield return $"_class_names has {c.ClassNames.Count} names for {c.ClassCount ?? 0} classes";
        }

        if (!double.IsFinite(c.NormEps) || c.NormEps <= 0 || !double.IsFinite(c.MidBlockScaleFactor) || c.MidBlockScaleFactor == 0 || !double.IsFinite(c.FreqShift))
        {
            yield return "norm_eps must be positive, mid_block_scale_factor not zero and freq_shift finite";
        }

        if (!(c.Dropout >= 0 && c.Dropout < 1))
        {
            yield return $"dropout {c.Dropout} is outside [0, 1)";
        }
    }

    private static IEnumerable<int> Widths(UNetConfig c) => c.BaseChannels is int b ? c.BlockOutChannels.Prepend(b) : c.BlockOutChannels;

    private static IEnumerable<int> HasAttention(UNetConfig c) => [.. DownAttention(c), .. UpAttention(c)];

    private static IEnumerable<int> DownAttention(UNetConfig c)
    {
        var down = c.BlockOutChannels.Where((_, l) => l < c.DownBlockTypes.Count && c.DownBlockTypes[l] == "AttnDownBlock2D");
        return c.MidBlock && c.AddAttention ? down.Append(c.BlockOutChannels[^1]) : down;
    }

    private static IEnumerable<int> UpAttention(UNetConfig c) =>
        c.BlockOutChannels.Where((_, l) => l < c.UpBlockTypes.Count && c.UpBlockTypes[c.UpBlockTypes.Count - 1 - l] == "AttnUpBlock2D");
}
