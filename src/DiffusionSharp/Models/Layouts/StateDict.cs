using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;

namespace DiffusionSharp.Models.Layouts;

/// <summary>One set of weights inside a checkpoint: the tensors whose names begin with a prefix.</summary>
/// <param name="Layout">By whose names.</param>
/// <param name="Prefix">What precedes them: <c>4.</c> for the average in a checkpoint of the DDIM authors; empty in a bare state dict.</param>
/// <param name="IsAverage">Whether it is a moving average of the weights (EMA).</param>
internal sealed record StateDict(WeightsLayout Layout, string Prefix, bool IsAverage)
{
    // A name that every network of the layout has, and no other layout.
    private static readonly (WeightsLayout Layout, string Name)[] Signs =
    [
        (WeightsLayout.Ermongroup, "temb.dense.0.weight"),
        (WeightsLayout.Guided, "time_embed.0.weight"),
        (WeightsLayout.Lucidrains, "downs.0.0.block1.proj.weight"),
        (WeightsLayout.Diffusers, "time_embedding.linear_1.weight"),
    ];

    /// <summary>
    /// The prefix of the set whose names this one has without their dots, as CompVis' averages do
    /// (<c>model_ema.diffusion_modeltime_embed0weight</c>); null where the names are whole.
    /// </summary>
    public string? DottedPrefix { get; init; }

    /// <summary>All sets of weights that are recognised, in the order of the file; those without dots last.</summary>
    /// <param name="tensors">The tensors of a file.</param>
    public static IReadOnlyList<StateDict> Find(IReadOnlyDictionary<string, TensorInfo> tensors)
    {
        StateDict[] whole =
        [
            .. from name in tensors.Keys
               from sign in Signs
               where name.EndsWith(sign.Name, StringComparison.Ordinal)
               let prefix = name[..^sign.Name.Length]
               where (prefix.Length == 0 || prefix.EndsWith('.')) && !IsOptimizers(prefix)
               select new StateDict(sign.Layout, prefix, IsAveraged(sign.Layout, prefix)),
        ];
        return [.. whole, .. WithoutDots(tensors, whole)];
    }

    /// <summary>The first tensor of an average, by its name, that is in none of these sets; null when there is none.</summary>
    internal static string? UnknownAverage(IReadOnlyDictionary<string, TensorInfo> tensors, IReadOnlyList<StateDict> sets) => tensors.FirstOrDefault(t =>
        t.Value.Elements > 1 && IsAverageName(t.Key[..(t.Key.LastIndexOf('.') + 1)]) && !IsOptimizers(t.Key)
        && !sets.Any(s => t.Key.StartsWith(s.Prefix, StringComparison.Ordinal) && s.Prefix.Length > 0)).Key;

    /// <summary>The tensors below a prefix, without it.</summary>
    internal static Dictionary<string, TensorInfo> Below(IReadOnlyDictionary<string, TensorInfo> tensors, string prefix) =>
        tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[prefix.Length..], t => t.Value, StringComparer.Ordinal);

    /// <summary>The set's own tensors, by the layout's names.</summary>
    /// <param name="path">Names the file in messages.</param>
    /// <param name="tensors">The tensors of the file.</param>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: a name without dots may stand for two.</exception>
    internal Dictionary<string, TensorInfo> Select(string path, IReadOnlyDictionary<string, TensorInfo> tensors)
    {
        var own = Below(tensors, Prefix);
        if (DottedPrefix is null)
        {
            return own;
        }

        var whole = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Below(tensors, DottedPrefix).Keys)
        {
            if (!whole.TryAdd(Undotted(name), name))
            {
                throw new DiffusionException(
                    ErrorKind.ModelFile,
                    $"model file '{path}': the average '{Printable.Sanitize(Prefix + Undotted(name))}' may be that of '{Printable.Sanitize(DottedPrefix + whole[Undotted(name)])}' or of "
                    + $"'{Printable.Sanitize(DottedPrefix + name)}', which are one name without dots; ask for the weights themselves (raw)");
            }
        }

        return own.ToDictionary(t => whole.GetValueOrDefault(t.Key, t.Key), t => t.Value, StringComparer.Ordinal);
    }

    /// <summary>Whether tensors below a prefix are an optimizer's, whose names may be those of the parameters.</summary>
    internal static bool IsOptimizers(string prefix) => prefix.Split('.').Any(p => p is "adam" or "exp_avg" or "exp_avg_sq" or "max_exp_avg_sq" or "momentum_buffer");

    // LitEma calls the average of PREFIX.a.b.weight EMA.PREFIXabweight, of which the beginning of PREFIX may be left out.
    private static IEnumerable<StateDict> WithoutDots(IReadOnlyDictionary<string, TensorInfo> tensors, StateDict[] whole)
    {
        var signs = new Dictionary<string, (StateDict Set, string Tail)>(StringComparer.Ordinal);
        foreach (var set in whole.Where(s => !s.IsAverage))
        {
            for (var start = 0; start >= 0 && start <= set.Prefix.Length; start = start == set.Prefix.Length ? -1 : set.Prefix.IndexOf('.', start) + 1)
            {
                var tail = set.Prefix[start..];
                signs.TryAdd(Undotted(tail + Signs.Single(s => s.Layout == set.Layout).Name), (set, Undotted(tail)));
            }
        }

        return from name in tensors.Keys
               let dot = name.LastIndexOf('.') + 1
               where signs.ContainsKey(name[dot..]) && IsAverageName(name[..dot])
               let sign = signs[name[dot..]]
               select new StateDict(sign.Set.Layout, name[..dot] + sign.Tail, true) { DottedPrefix = sign.Set.Prefix };
    }

    private static string Undotted(string name) => name.Replace(".", "", StringComparison.Ordinal);

    // A list [model, optimizer, epoch, step, ema] in the DDIM authors' code; a name elsewhere.
    private static bool IsAveraged(WeightsLayout layout, string prefix) => (layout == WeightsLayout.Ermongroup && prefix == "4.") || IsAverageName(prefix);

    // A dictionary with such a key (ema, ema_model, model_ema), where ema_pytorch keeps a copy of the weights themselves beside it.
    private static bool IsAverageName(string prefix) =>
        prefix.Split('.', '_', '-').Contains("ema", StringComparer.OrdinalIgnoreCase) && !prefix.Split('.').Contains("online_model");
}
