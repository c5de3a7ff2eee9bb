namespace DiffusionSharp.Models.Layouts;

/// <summary>The attention names of diffusers' 2022 model files (google/ddpm-* have them still).</summary>
internal static class AttentionNames
{
    /// <summary>Maps to_q, to_k, to_v and to_out.0 to query, key, value and proj_attn; other names stay as they are.</summary>
    /// <param name="name">A parameter's name, such as <c>mid_block.attentions.0.to_out.0.weight</c>.</param>
    public static string ToOld(string name) => name.Split('.') switch
    {
        [.. var block, "attentions", var index, "to_q" or "to_k" or "to_v", var last] => Joined(block, index, Old(name), last),
        [.. var block, "attentions", var index, "to_out", "0", var last] => Joined(block, index, "proj_attn", last),
        _ => name,
    };

    private static string Old(string name) => name.Contains(".to_q.", StringComparison.Ordinal) ? "query"
        : name.Contains(".to_k.", StringComparison.Ordinal) ? "key"
        : "value";

    private static string Joined(string[] block, string index, string old, string last) => string.Join('.', [.. block, "attentions", index, old, last]);
}
