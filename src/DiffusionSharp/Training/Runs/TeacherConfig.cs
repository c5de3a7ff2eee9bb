using System.Text.Json.Serialization;

namespace DiffusionSharp.Training.Runs;

/// <summary>The model whose predictions a run learns, and how that is guided. Saved in the run's config.json.</summary>
public sealed record TeacherConfig
{
    /// <summary>The model: a folder, a checkpoint or a run.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of its weights' file, as it was when it was loaded.</summary>
    public string? Weights { get; init; }

    /// <summary>W of its guidance; 1 for none.</summary>
    public double Guidance { get; init; } = 1;

    /// <summary>The least and the most noise σ that is guided; null for all levels.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ValueList<double>? GuidanceInterval { get; init; }

    /// <summary>The weaker model that guidance leads away from; null for the model's own null class.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? GuideWith { get; init; }

    /// <summary>SHA-256 of that model's weights' file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? GuideWithWeights { get; init; }
}
