namespace DiffusionSharp.Weights;

/// <summary>One set of weights inside a checkpoint: the tensors whose names begin with a prefix.</summary>
/// <param name="Layout">By whose names.</param>
/// <param name="Prefix">What precedes them: <c>4.</c> for the average in a checkpoint of the DDIM authors; empty in a bare state dict.</param>
/// <param name="IsAverage">Whether it is a moving average of the weights (EMA).</param>
public sealed record StateDict(WeightsLayout Layout, string Prefix, bool IsAverage)
{
    // A name that every network of the layout has, and no other layout.
    private static readonly (WeightsLayout Layout, string Name)[] Signs =
    [
        (WeightsLayout.Ermongroup, "temb.dense.0.weight"),
        (WeightsLayout.Guided, "time_embed.0.weight"),
        (WeightsLayout.Lucidrains, "downs.0.0.block1.proj.weight"),
        (WeightsLayout.Diffusers, "time_embedding.linear_1.weight"),
    ];

    /// <summary>All sets of weights that are recognised, in the order of the file.</summary>
    /// <param name="tensors">The tensors of a file.</param>
    public static IReadOnlyList<StateDict> Find(IReadOnlyDictionary<string, TensorInfo> tensors) =>
    [
        .. from name in tensors.Keys
           from sign in Signs
           where name.EndsWith(sign.Name, StringComparison.Ordinal)
           let prefix = name[..^sign.Name.Length]
           where (prefix.Length == 0 || prefix.EndsWith('.')) && !IsOptimizers(prefix)
           select new StateDict(sign.Layout, prefix, IsAveraged(sign.Layout, prefix)),
    ];

    /// <summary>The tensors below a prefix, without it.</summary>
    internal static Dictionary<string, TensorInfo> Below(IReadOnlyDictionary<string, TensorInfo> tensors, string prefix) =>
        tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value, StringComparer.Ordinal);

    // A list [model, optimizer, epoch, step, ema] in the DDIM authors' code; a dictionary with such a key elsewhere (ema, ema_model,
    // model_ema), where ema_pytorch keeps a copy of the weights themselves beside it.
    private static bool IsAveraged(WeightsLayout layout, string prefix) => (layout == WeightsLayout.Ermongroup && prefix == "4.")
        || (prefix.Split('.', '_', '-').Contains("ema", StringComparer.OrdinalIgnoreCase) && !prefix.Split('.').Contains("online_model"));

    private static bool IsOptimizers(string prefix) => prefix.Split('.').Any(p => p is "adam" or "exp_avg" or "exp_avg_sq");
}
