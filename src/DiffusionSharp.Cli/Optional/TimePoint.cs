namespace DiffusionSharp.Cli.Optional;

/// <summary>A point of <see cref="TimePlot"/>.</summary>
/// <param name="Series">What it belongs to, as the legend calls it.</param>
/// <param name="Steps">S.</param>
/// <param name="SecondsPerImage">The median time of a network call with its step, times the calls, divided by the number of images.</param>
internal sealed record TimePoint(string Series, int Steps, double SecondsPerImage);
