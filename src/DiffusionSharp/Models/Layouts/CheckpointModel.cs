using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>A network that was recognised in a file of tensors.</summary>
/// <param name="Network">Its options.</param>
/// <param name="Scheduler">Its schedule and how it is sampled.</param>
/// <param name="Set">Which tensors are its parameters, and by whose names.</param>
/// <param name="Notes">What was assumed, in sentences.</param>
internal sealed record CheckpointModel(NetworkConfig Network, SchedulerConfig Scheduler, StateDict Set, IReadOnlyList<string> Notes);
