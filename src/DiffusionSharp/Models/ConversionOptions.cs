namespace DiffusionSharp.Models;

/// <summary>How a model is written anew.</summary>
public sealed record ConversionOptions
{
    /// <summary>Whether weights are written in 16 bits (F16) instead of 32.</summary>
    public bool Half { get; init; }

    /// <summary>Whether a state dict under the names of the DDIM authors' code is written beside diffusers' layout, with its config.yml.</summary>
    public bool Ermongroup { get; init; }

    /// <summary>The model card, Markdown for README.md; null writes none.</summary>
    public string? Card { get; init; }
}
