namespace DiffusionSharp.Weights;

/// <summary>The attention names of diffusers' 2022 model files (google/ddpm-* have them still).</summary>
public static class AttentionNames
{
    /// <summary>Maps query, key, value and proj_attn to to_q, to_k, to_v and to_out.0; other names stay as they are.</summary>
    /// <param name="name">A parameter's name, such as <c>mid_block.attentions.0.proj_attn.weight</c>.</param>
    public static string ToCurrent(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Split('.') is [.. var block, "attentions", var index, var old, var last]
            ? string.Join('.', [.. block, "attentions", index, Current(old), last])
            : name;
    }

    private static string Current(string old) => old switch
    {
        "query" => "to_q",
        "key" => "to_k",
        "value" => "to_v",
        "proj_attn" => "to_out.0",
        _ => old,
    };
}
